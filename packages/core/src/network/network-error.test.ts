import { describe, expect, it } from 'vitest';
import { endpoint } from '../common/endpoint.js';
import { NetworkError } from '../common/errors.js';
import { networkError } from './network-error.js';

describe('networkError', () => {
  it.each([
    ['EADDRINUSE', 'NETWORK_ADDRESS_IN_USE'],
    ['EADDRNOTAVAIL', 'NETWORK_ADDRESS_UNAVAILABLE'],
    ['EAFNOSUPPORT', 'NETWORK_ADDRESS_UNAVAILABLE'],
    ['ECONNREFUSED', 'NETWORK_REFUSED'],
    ['ETIMEDOUT', 'NETWORK_TIMEOUT'],
    ['ECONNRESET', 'NETWORK_RESET'],
    ['EPIPE', 'NETWORK_RESET'],
    ['EHOSTUNREACH', 'NETWORK_UNREACHABLE'],
    ['ENETUNREACH', 'NETWORK_UNREACHABLE'],
    ['EACCES', 'NETWORK_PERMISSION'],
    ['EMFILE', 'NETWORK_FAILED'],
  ])('gives %s the code %s, names the endpoint and keeps the cause', (errno, code) => {
    const cause = Object.assign(new Error('from the system'), { code: errno });
    const error = networkError('cannot connect to', endpoint('::1', 80), cause);
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code, message: `cannot connect to [::1]:80: ${errno}`, cause });
  });

  it('takes what has no system code', () => {
    const error = networkError('cannot bind', endpoint('127.0.0.1', 1), new Error('odd'));
    expect(error).toMatchObject({ code: 'NETWORK_FAILED', message: 'cannot bind 127.0.0.1:1: odd' });
  });
});
