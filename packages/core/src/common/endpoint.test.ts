import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressBytes,
  addressFromBytes,
  addressPrefixKey,
  endpoint,
  formatEndpoint,
  isLocalAddress,
  isLoopbackAddress,
  normalizeAddress,
  parseEndpoint,
  parseHostPort,
} from './endpoint.js';

const port = fc.integer({ min: 0, max: 65_535 });
const address = fc.oneof(fc.ipV4(), fc.ipV6());

describe('normalizeAddress', () => {
  it.each([
    ['192.168.0.1', '192.168.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:102:304', '1.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ])('spells %s as %s (RFC 5952)', (text, normal) => {
    expect(normalizeAddress(text)).toBe(normal);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.',
    '1.2.3.4\n',
    '1.2.3.4::',
    '1.2.3.4::1',
    '::1.2.3.4:5',
    '1.2.3.4%eth0',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    ':1:2:3:4:5:6:7',
    '12345::',
    '::g',
    '::1%',
    '[::1]',
    'localhost',
  ])('refuses %j', (text) => {
    expect(normalizeAddress(text)).toBeUndefined();
  });

  it('takes what the system takes, and writes it so that the system takes it', () => {
    fc.assert(
      fc.property(address, (text) => {
        const normal = normalizeAddress(text);
        expect(isIP(normal ?? '')).not.toBe(0);
        expect(normalizeAddress(normal ?? '')).toBe(normal);
      }),
    );
  });

  it('agrees with the system about what is no address', () => {
    const soup = fc.string({ unit: fc.constantFrom('0', '1', 'f', ':', '::', '.', '255', '1.2.3.4') });
    fc.assert(
      fc.property(soup, (text) => {
        expect(normalizeAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('endpoints', () => {
  it('are parsed and written in one form', () => {
    expect(parseEndpoint('1.2.3.4:6881')).toEqual({ address: '1.2.3.4', port: 6881, family: 4 });
    expect(parseEndpoint('[2001:DB8::1]:1')).toEqual({ address: '2001:db8::1', port: 1, family: 6 });
    expect(parseEndpoint('[::ffff:1.2.3.4]:1')).toEqual({ address: '1.2.3.4', port: 1, family: 4 });
  });

  it('round-trip', () => {
    fc.assert(
      fc.property(address, port, (text, number) => {
        const made = endpoint(text, number);
        expect(parseEndpoint(formatEndpoint(made))).toEqual(made);
      }),
    );
  });

  it.each([
    ['1.2.3', 1, 'ENDPOINT_ADDRESS'],
    ['1.2.3.4', 65_536, 'ENDPOINT_PORT'],
    ['1.2.3.4', -1, 'ENDPOINT_PORT'],
    ['1.2.3.4', 1.5, 'ENDPOINT_PORT'],
    ['1.2.3.4', Number.NaN, 'ENDPOINT_PORT'],
  ])('of %s and %d are refused with %s', (text, number, code) => {
    expect(() => endpoint(text, number)).toThrow(expect.objectContaining({ code }));
  });
});

describe('parseHostPort', () => {
  it.each([
    ['tracker.example.org:80', 'tracker.example.org'],
    ['localhost:80', 'localhost'],
    ['bücher.example:80', 'bücher.example'],
    ['[::1]:80', '::1'],
    ['[fe80::1%eth-0]:80', 'fe80::1%eth-0'],
  ])('splits %s', (text, host) => {
    expect(parseHostPort(text)).toEqual({ host, port: 80 });
  });

  it.each([
    '',
    ':80',
    'host',
    'host:',
    'host:http',
    'host:123456',
    '::1:80',
    '[::1]',
    '[::g]:80',
    '[host]:80',
    'a b:80',
    'a/b:80',
    'a@b:80',
    'host\u0000:80',
    '\u001b[31mhost:80',
    'host:80\n',
    `${'a'.repeat(254)}:80`,
  ])('refuses %j in a message that is safe to print', (text) => {
    expect(() => parseHostPort(text)).toThrow(
      expect.objectContaining({
        code: 'ENDPOINT_SYNTAX',
        message: expect.not.stringMatching(/\p{Cc}/u),
      }),
    );
  });

  it('refuses a port past 65535', () => {
    expect(parseHostPort('h:65535').port).toBe(65_535);
    expect(() => parseHostPort('h:65536')).toThrow(expect.objectContaining({ code: 'ENDPOINT_PORT' }));
  });
});

describe('address bytes', () => {
  it('round-trip as in compact peer lists (BEP 23, BEP 7)', () => {
    expect(addressBytes('1.2.3.255')).toEqual(Uint8Array.of(1, 2, 3, 255));
    expect(addressBytes('2001:db8::1')).toEqual(
      Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    );
    fc.assert(
      fc.property(address, (text) => {
        const normal = normalizeAddress(text) ?? '';
        expect(addressFromBytes(addressBytes(normal))).toBe(normal);
      }),
    );
  });

  it('of any other length are no address, and mapped ones are IPv4', () => {
    for (const length of [0, 3, 5, 15, 17]) expect(addressFromBytes(new Uint8Array(length))).toBeUndefined();
    const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1);
    expect(addressFromBytes(mapped)).toBe('127.0.0.1');
  });
});

describe('kinds of addresses', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.1',
    '::1',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.1.1',
    '0.0.0.0',
    '::',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'febf::1',
  ])('%s is local', (text) => {
    expect(isLocalAddress(text)).toBe(true);
  });

  it.each([
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '11.0.0.1',
    '2001:db8::1',
    'fec0::1',
    '1::',
  ])('%s is not local', (text) => {
    expect(isLocalAddress(text)).toBe(false);
  });

  it('loopback is 127.0.0.0/8 and ::1 only', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1'].every(isLoopbackAddress)).toBe(true);
    expect(['128.0.0.1', '12.7.0.1', '::2', '::'].some(isLoopbackAddress)).toBe(false);
  });

  it('an IPv4 address counts by itself, IPv6 by its /64', () => {
    expect(addressPrefixKey('1.2.3.4')).not.toBe(addressPrefixKey('1.2.3.5'));
    expect(addressPrefixKey('2001:db8:0:1::1')).toBe(addressPrefixKey('2001:db8:0:1:ffff::2'));
    expect(addressPrefixKey('2001:db8:0:1::1')).not.toBe(addressPrefixKey('2001:db8:0:2::1'));
  });
});
