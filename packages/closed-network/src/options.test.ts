import { describe, expect, it } from 'vitest';
import createClosedNetwork, { ClosedNetworkError, secretOptions } from './index.js';
import { secretText, TestAuthority } from './network.fake.js';

const authority = new TestAuthority();
const member = authority.member('member');

describe('options as texts', () => {
  it('make the extension', () => {
    const revoked = authority.revoke();
    const network = createClosedNetwork({ secret: secretText, member, revoked, encryption: 'required' });
    expect(network).toMatchObject({ name: 'closed-network', required: true });
    expect(secretOptions).toEqual(['secret', 'member']);
  });

  it.each<[string, Record<string, string>]>([
    ['CLOSED_NETWORK_OPTION', {}],
    ['CLOSED_NETWORK_OPTION', { encryption: 'required' }],
    ['CLOSED_NETWORK_OPTION', { secret: secretText, encryption: 'None' }],
    ['CLOSED_NETWORK_OPTION', { secret: secretText, passphrase: 'x' }],
    ['CLOSED_NETWORK_OPTION', { secret: secretText, revoked: authority.revoke() }],
    ['CLOSED_NETWORK_SECRET_EMPTY', { secret: '' }],
    ['CLOSED_NETWORK_SECRET_ENCODING', { secret: 'open sesame' }],
    ['CLOSED_NETWORK_FILE', { member: secretText }],
    ['CLOSED_NETWORK_FILE', { member, revoked: member }],
    ['CLOSED_NETWORK_FOREIGN', { member, revoked: new TestAuthority('other').revoke() }],
  ])('%s: %j', (code, options) => {
    expect(() => createClosedNetwork(options)).toThrow(ClosedNetworkError);
    expect(() => createClosedNetwork(options)).toThrow(expect.objectContaining({ code }));
  });
});
