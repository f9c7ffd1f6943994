import { defineMessage, defineTorrentExtension, pluginApiVersion, rawCodec } from '@peerloom/core/plugin';
import { createSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { AuthorityKey, networkIdOf } from '../certificates/authority-key.js';
import { signCertificate } from '../certificates/certificate.js';
import { parseMember } from '../certificates/member.js';
import { parseFile } from '../certificates/text-file.js';
import { ClosedNetwork } from '../closed-network.js';
import { secretText, TestAuthority } from '../network.fake.js';
import { refusalsOf } from '../session-record.fake.js';
import { overMs } from './scene.fake.js';
import { Pretender, ScriptedMember } from './scripted-member.fake.js';

/** Virtual time begins then, in seconds since 1970. */
const startSeconds = 1_893_456_000;
const skewSeconds = 300;
const bitfieldIds = [5, 14, 15];

const authority = new TestAuthority();
const foreign = new TestAuthority('foreign');
const member = authority.member('impostor');
const revokedMember = authority.member('revoked one');
const revoked = authority.revoke(revokedMember);

/** What the owner of a key file shows to others. */
const shownOf = (memberText: string): Uint8Array => parseFile('member', memberText).certificate;
/** The same certificate, as another authority would sign it. */
const signedBy = (text: string): Uint8Array =>
  signCertificate(parseMember(member).certificate, new AuthorityKey(parseFile('authority', text).key));

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

const genuine = shownOf(member);
const signatureBits = genuine.length * 8 - 512;
/** What the other authority says, with the network's id where its own would be. */
const misplaced = Buffer.from(signedBy(foreign.text).slice());
misplaced.set(
  networkIdOf(parseMember(member).authority),
  misplaced.indexOf(networkIdOf(parseMember(foreign.member('x')).authority)),
);

interface Bad {
  readonly member?: string;
  readonly shown?: Uint8Array;
  readonly networkId?: Uint8Array;
}

/** Everybody knows the network's id, and its secret where there is one; the certificate is what is wrong. */
const badOnes: readonly (readonly [string, string, Bad])[] = [
  ['whose signature has a flipped bit', 'CLOSED_NETWORK_FORGED', { shown: flipped(genuine, signatureBits) }],
  [
    'whose last bit of the signature is flipped',
    'CLOSED_NETWORK_FORGED',
    { shown: flipped(genuine, genuine.length * 8 - 1) },
  ],
  ['signed by another authority', 'CLOSED_NETWORK_FORGED', { shown: misplaced }],
  ['of another network', 'CLOSED_NETWORK_FOREIGN', { shown: signedBy(foreign.text) }],
  ['of another member', 'CLOSED_NETWORK_KEY', { shown: shownOf(authority.member('somebody else')) }],
  [
    'that has expired',
    'CLOSED_NETWORK_EXPIRED',
    { member: authority.member('old', { notAfter: startSeconds - skewSeconds - 60 }) },
  ],
  [
    'that is not valid yet',
    'CLOSED_NETWORK_NOT_YET_VALID',
    { member: authority.member('new', { notBefore: startSeconds + skewSeconds + 60 }) },
  ],
  ['that was revoked', 'CLOSED_NETWORK_REVOKED', { member: revokedMember }],
  ['that is none', 'CLOSED_NETWORK_MALFORMED', { shown: new Uint8Array(0) }],
  ['and a byte behind it', 'CLOSED_NETWORK_MALFORMED', { shown: Buffer.concat([genuine, Buffer.alloc(1)]) }],
];

/** Says what peers that exchange metadata and peers say, as soon as it may. */
const talker = defineTorrentExtension({ name: 'talker', apiVersion: pluginApiVersion }, () => ({
  newConnection: (peer) => {
    const channel = peer.register(
      defineMessage<Uint8Array>()('ut_pex', rawCodec, { maxBytes: 64 }),
      () => {},
    );
    return {
      addHandshake: (dict) => void dict.set('metadata_size', 1000),
      tick: () => channel.send(new Uint8Array(1)),
    };
  },
}));

const secrets = [
  ['members', {}],
  ['members and a secret', { secret: secretText }],
] as const;
const directions = ['dials', 'is dialled'] as const;

async function meet(
  direction: (typeof directions)[number],
  secret: (typeof secrets)[number][1],
  bad: Bad,
): Promise<{ swarm: Swarm; hub: SwarmPeer; script: ScriptedMember; codes: readonly string[] }> {
  const swarm = createSwarm();
  const options = { ...secret, member: authority.member('hub'), revoked };
  const hub = await swarm.addSeed({ extensions: [new ClosedNetwork(options), talker] });
  const codes = refusalsOf(hub);
  const pretender = new Pretender({ ...secret, member: bad.member ?? member }, bad);
  const script =
    direction === 'dials'
      ? ScriptedMember.dial(swarm, hub, pretender)
      : await ScriptedMember.accept(swarm, hub, pretender);
  return { swarm, hub, script, codes };
}

describe.each(secrets)('with %s', (_mode, secret) => {
  describe.each(directions)('who %s', (direction) => {
    it('with a genuine certificate is let in, and told everything', async () => {
      const { swarm, hub, script, codes } = await meet(direction, secret, {});
      await swarm.advance(overMs);
      expect([script.isConfirmed, script.isClosed]).toEqual([true, false]);
      expect(codes).toEqual([]);
      expect(hub.torrent.peers()).toMatchObject([{ isReady: true, isEncrypted: true }]);
      expect(script.otherMessages.every(({ isEncrypted }) => isEncrypted)).toBe(true);
      expect(script.otherMessages.some(({ id }) => bitfieldIds.includes(id))).toBe(true);
      expect(script.otherMessages.some(({ id }) => id === 20)).toBe(true);
      await swarm.stop();
    });

    it.each(badOnes)(
      'with a certificate %s is gone with %s, having learnt nothing',
      async (_what, code, bad) => {
        const { swarm, hub, script, codes } = await meet(direction, secret, bad);
        await swarm.advance(1000);
        expect(codes).toEqual([code]);
        expect(script.isClosed).toBe(true);
        expect(hub.torrent.peers()).toEqual([]);
        expect(script.otherMessages).toEqual([]);
        // Who dials gets the second message; who is dialled the first, the third, and the confirmation.
        expect(script.authMessages).toHaveLength(direction === 'dials' ? 1 : 3);
        await swarm.stop();
      },
    );

    it('of another network id is gone before certificates are shown', async () => {
      const networkId = networkIdOf(parseMember(foreign.member('x')).authority);
      const { swarm, script, codes } = await meet(direction, secret, { networkId });
      await swarm.advance(overMs);
      // Who answers, or would, finds it out: without a secret it is the dialler.
      expect([...codes, script.problem]).toContain('CLOSED_NETWORK_HANDSHAKE');
      expect(script.isClosed).toBe(true);
      expect(script.otherMessages).toEqual([]);
      expect(script.authMessages.length).toBeLessThanOrEqual(1);
      await swarm.stop();
    });
  });
});
