import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { derivePreSharedKey, parseSecret } from './secret.js';

const bytes = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 255);
const hex = Buffer.from(bytes).toString('hex');
const base64 = Buffer.from(bytes).toString('base64');

describe('parseSecret', () => {
  it.each([
    ['hexadecimal', hex],
    ['hexadecimal in capitals', hex.toUpperCase()],
    ['base64', base64],
    ['base64 without padding', base64.replaceAll('=', '')],
  ])('reads %s, with and without a newline at the end', (_what, text) => {
    for (const ending of ['', '\n', '\r\n']) expect(parseSecret(text + ending)).toEqual(bytes);
  });

  it.each([
    ['CLOSED_NETWORK_SECRET_EMPTY', ''],
    ['CLOSED_NETWORK_SECRET_EMPTY', '\n'],
    ['CLOSED_NETWORK_SECRET_ENCODING', 'correct horse battery staple, and a few words more to be long'],
    ['CLOSED_NETWORK_SECRET_ENCODING', `${hex}\n\n`],
    ['CLOSED_NETWORK_SECRET_ENCODING', ` ${hex}`],
    ['CLOSED_NETWORK_SECRET_ENCODING', `${base64}=`],
    ['CLOSED_NETWORK_SECRET_SHORT', hex.slice(2)],
    ['CLOSED_NETWORK_SECRET_SHORT', Buffer.from(bytes.subarray(0, 31)).toString('base64')],
    ['CLOSED_NETWORK_SECRET_WEAK', 'correcthorsebatterystaplecorrecthorsebatterystaple'],
    ['CLOSED_NETWORK_SECRET_WEAK', '00'.repeat(32)],
    ['CLOSED_NETWORK_SECRET_WEAK', 'Aa'.repeat(40)],
  ])('%s: refuses %j', (code, text) => {
    expect(() => parseSecret(text)).toThrow(expect.objectContaining({ code }));
  });
});

describe('derivePreSharedKey', () => {
  it('is HKDF-SHA256 with the network as its salt', () => {
    const network = new Uint8Array(32).fill(9);
    const extracted = createHmac('sha256', network).update(bytes).digest();
    const label = Buffer.from('peerloom closed-network v1\u0001');
    expect(derivePreSharedKey(bytes, network)).toEqual(
      new Uint8Array(createHmac('sha256', extracted).update(label).digest()),
    );
  });
});
