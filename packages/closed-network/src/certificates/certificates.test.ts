import { type BencodeInput, concatBytes, encode } from '@peerloom/core/plugin';
import { DeterministicSecureRandom } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { certificateOf, TestAuthority } from '../network.fake.js';
import { createAuthority, describeFile, issueMember, parseRevocations, revokeMembers } from './authority.js';
import { AuthorityKey, networkIdOf } from './authority-key.js';
import { readCertificate, signCertificate, validityProblem } from './certificate.js';
import { parseMember } from './member.js';
import { formatFile, parseFile } from './text-file.js';

const random = new DeterministicSecureRandom('certificates');
const authorityText = createAuthority(random);
const authority = new AuthorityKey(parseFile('authority', authorityText).key);
const options = { name: 'Ada', permissions: ['upload', 'download'], notBefore: 10, notAfter: 20 } as const;
const memberText = issueMember(authorityText, options, random);
const member = parseMember(memberText);

const withCode = (code: string) => expect.objectContaining({ code });

/** A dictionary that the authority itself has signed, whatever it says. */
function signed(dict: BencodeInput | Uint8Array): Uint8Array {
  const bytes = dict instanceof Uint8Array ? dict : encode(dict);
  return concatBytes(bytes, authority.sign(Buffer.from('peerloom-cert-v1\0'), bytes));
}

const dict = {
  key: member.keyPair.publicKey,
  name: 'Ada',
  network: networkIdOf(authority.publicKey),
  notAfter: 20,
  notBefore: 10,
  perms: ['download', 'upload'],
  serial: member.certificate.serial,
  v: 1,
};

describe('a certificate', () => {
  it('is a canonical dictionary and its signature', () => {
    expect(member.signedCertificate).toEqual(signed(dict));
    expect(readCertificate(signed(dict), authority.publicKey)).toEqual({
      key: member.keyPair.publicKey,
      name: 'Ada',
      perms: ['download', 'upload'],
      notBefore: 10,
      notAfter: 20,
      serial: member.certificate.serial,
    });
  });

  it.each<[string, BencodeInput | Uint8Array]>([
    ['another version', { ...dict, v: 2 }],
    ['another key in it', { ...dict, more: 1 }],
    ['a short key', { ...dict, key: new Uint8Array(31) }],
    ['a short serial number', { ...dict, serial: new Uint8Array(15) }],
    ['a network of a wrong length', { ...dict, network: new Uint8Array(31) }],
    ['an empty name', { ...dict, name: '' }],
    ['a name of 65 bytes', { ...dict, name: 'é'.repeat(33) }],
    ['a name that is not UTF-8', { ...dict, name: Uint8Array.of(0xff) }],
    ['a name with a control character', { ...dict, name: 'a\u001bb' }],
    ['an unknown permission', { ...dict, perms: ['download', 'rule'] }],
    ['a permission twice', { ...dict, perms: ['download', 'download'] }],
    ['permissions in another order', { ...dict, perms: ['upload', 'download'] }],
    ['a negative time', { ...dict, notBefore: -1 }],
    ['no time', { ...dict, notAfter: '20' }],
    ['another order of its keys', Buffer.concat([Buffer.from('d1:vi1e'), encode(dict).subarray(1, -5)])],
    ['nothing', new Uint8Array(0)],
    ['no dictionary', encode([1])],
  ])('with %s is malformed, also where the authority has signed it', (_what, other) => {
    expect(() => readCertificate(signed(other), authority.publicKey)).toThrow(
      withCode('CLOSED_NETWORK_MALFORMED'),
    );
  });

  it('of which any bit was changed is none', () => {
    const bytes = member.signedCertificate;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => readCertificate(changed, authority.publicKey), `bit ${bit}`).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^CLOSED_NETWORK_(?:MALFORMED|FOREIGN|FORGED)$/),
        }),
      );
    }
  });

  it('that is cut short or longer is none', () => {
    const bytes = member.signedCertificate;
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readCertificate(bytes.subarray(0, length), authority.publicKey)).toThrow();
    }
    expect(() => readCertificate(concatBytes(bytes, Uint8Array.of(0)), authority.publicKey)).toThrow();
  });

  it('of another authority is foreign, and one that it has signed for ours is forged', () => {
    const other = new AuthorityKey(new DeterministicSecureRandom('other').bytes(32));
    const foreign = signCertificate(member.certificate, other);
    expect(() => readCertificate(foreign, authority.publicKey)).toThrow(withCode('CLOSED_NETWORK_FOREIGN'));
    const bytes = encode(dict);
    const forged = concatBytes(bytes, other.sign(Buffer.from('peerloom-cert-v1\0'), bytes));
    expect(() => readCertificate(forged, authority.publicKey)).toThrow(withCode('CLOSED_NETWORK_FORGED'));
    const otherLabel = concatBytes(bytes, authority.sign(Buffer.from('peerloom-revoked-v1\0'), bytes));
    expect(() => readCertificate(otherLabel, authority.publicKey)).toThrow(withCode('CLOSED_NETWORK_FORGED'));
  });

  it('is valid from its beginning to its end, and for five minutes around', () => {
    const certificate = { ...member.certificate, notBefore: 1000, notAfter: 2000 };
    const at = (seconds: number) => validityProblem(certificate, seconds * 1000);
    expect([at(699.9), at(700), at(2300), at(2300.1)]).toEqual([
      'CLOSED_NETWORK_NOT_YET_VALID',
      undefined,
      undefined,
      'CLOSED_NETWORK_EXPIRED',
    ]);
  });
});

describe('files', () => {
  it.each<[string, string, string]>([
    ['nothing', 'CLOSED_NETWORK_FILE', ''],
    ['an authority key', 'CLOSED_NETWORK_FILE', authorityText],
    ['a file cut short', 'CLOSED_NETWORK_FILE', memberText.slice(0, -2).replace(/certificate .*/s, '')],
    ['a line more', 'CLOSED_NETWORK_FILE', `${memberText}key 00\n`],
    ['no hexadecimal', 'CLOSED_NETWORK_FILE', memberText.replace('key ', 'key x')],
    ['a short key', 'CLOSED_NETWORK_KEY', memberText.replace(/key (..)/, 'key ')],
    ['a short authority', 'CLOSED_NETWORK_KEY', memberText.replace(/authority (..)/, 'authority ')],
    ["another member's key", 'CLOSED_NETWORK_KEY', memberText.replace(/key ..../, 'key 1234')],
  ])('of a member: %s is %s', (_what, code, text) => {
    expect(() => parseMember(text)).toThrow(withCode(code));
  });

  it('are described without what is secret in them', () => {
    const networkId = networkIdOf(authority.publicKey);
    expect(describeFile(authorityText)).toEqual({ kind: 'authority', networkId });
    expect(describeFile(memberText)).toEqual({ kind: 'member', networkId, certificate: member.certificate });
    const list = revokeMembers(authorityText, undefined, [member.certificate.serial]);
    expect(describeFile(list)).toEqual({
      kind: 'revoked',
      networkId,
      list: { number: 1, serials: [member.certificate.serial] },
    });
    const withReturns = memberText.replaceAll('\n', '\r\n');
    expect([parseMember(withReturns), describeFile(withReturns)]).toEqual([member, describeFile(memberText)]);
    for (const text of [authorityText, memberText, list]) {
      expect(describeFile(text.replaceAll('\n', '\r\n'))).toEqual(describeFile(text));
    }
    expect(() => describeFile('something else')).toThrow(withCode('CLOSED_NETWORK_FILE'));
    expect(() => describeFile(formatFile('authority', { key: new Uint8Array(3) }))).toThrow(
      withCode('CLOSED_NETWORK_KEY'),
    );
  });

  it.each([
    ['CLOSED_NETWORK_NAME', { ...options, name: '' }],
    ['CLOSED_NETWORK_NAME', { ...options, name: 'x'.repeat(65) }],
    ['CLOSED_NETWORK_NAME', { ...options, name: 'a\nb' }],
    ['CLOSED_NETWORK_VALIDITY', { ...options, notAfter: 10 }],
    ['CLOSED_NETWORK_VALIDITY', { ...options, notBefore: -1 }],
    ['CLOSED_NETWORK_VALIDITY', { ...options, notAfter: 20.5 }],
  ])('%s: a member is not issued', (code, wrong) => {
    expect(() => issueMember(authorityText, wrong, random)).toThrow(withCode(code));
  });
});

describe('a revocation list', () => {
  const network = new TestAuthority('lists');
  const [one, two] = [network.member('one'), network.member('two')];

  it('rises with each, and keeps what was on those before', () => {
    network.revoke(one);
    const text = network.revoke(two, one);
    const found = describeFile(text);
    const serials = [one, two].map((other) => certificateOf(other).serial).sort(Buffer.compare);
    expect(found).toMatchObject({ kind: 'revoked', list: { number: 2, serials } });
  });

  it('is refused where it is of another authority, to be read or to be continued', () => {
    const foreign = new TestAuthority('others').revoke();
    expect(() => parseRevocations(foreign, authority.publicKey)).toThrow(withCode('CLOSED_NETWORK_FOREIGN'));
    expect(() => revokeMembers(network.text, foreign, [])).toThrow(withCode('CLOSED_NETWORK_FOREIGN'));
    expect(() => revokeMembers(network.text, undefined, [new Uint8Array(3)])).toThrow(
      withCode('CLOSED_NETWORK_SERIAL'),
    );
  });

  it.each<[string, BencodeInput]>([
    ['number 0', { number: 0, serials: [] }],
    [
      'unsorted serial numbers',
      { number: 1, serials: [new Uint8Array(16).fill(2), new Uint8Array(16).fill(1)] },
    ],
    ['a serial number twice', { number: 1, serials: [new Uint8Array(16), new Uint8Array(16)] }],
    ['a short serial number', { number: 1, serials: [new Uint8Array(15)] }],
  ])('with %s is malformed', (_what, wrong) => {
    const bytes = encode({ ...(wrong as object), v: 1, network: networkIdOf(authority.publicKey) });
    const list = concatBytes(bytes, authority.sign(Buffer.from('peerloom-revoked-v1\0'), bytes));
    const text = formatFile('revoked', { authority: authority.publicKey, list });
    expect(() => describeFile(text)).toThrow(withCode('CLOSED_NETWORK_MALFORMED'));
  });
});
