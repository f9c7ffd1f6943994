import { asDict, bytesToHex, decode } from '@peerloom/core/plugin';
import { createSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { networkIdOf } from '../certificates/authority-key.js';
import { parseMember } from '../certificates/member.js';
import { parseFile } from '../certificates/text-file.js';
import { ClosedNetwork } from '../closed-network.js';
import type { ClosedNetworkOptions } from '../closed-network-options.js';
import { otherSecretText, secretText, TestAuthority } from '../network.fake.js';
import { keyLength } from '../noise/key-pair.js';
import { listenElsewhere, overMs } from './scene.fake.js';
import { Pretender, ScriptedMember } from './scripted-member.fake.js';

const authority = new TestAuthority();
const ada = authority.member('Ada');
/** A key pair of its own is all that an outsider has. */
const outsider = new TestAuthority('outsider').member('outsider');
const networkId = networkIdOf(parseMember(ada).authority);
const nothingShown = { shown: new Uint8Array(0) } as const;

async function dialOutsider(
  options: ClosedNetworkOptions,
  pretender: Pretender,
): Promise<{ swarm: Swarm; dialler: SwarmPeer; script: ScriptedMember }> {
  const swarm = createSwarm();
  const dialler = await swarm.addSeed({ extensions: [new ClosedNetwork(options)] });
  const script = await ScriptedMember.accept(swarm, dialler, pretender);
  await swarm.advance(overMs);
  expect(script.isClosed).toBe(true);
  expect(script.otherMessages, 'bitfield, have, metadata, peers, data').toEqual([]);
  return { swarm, dialler, script };
}

describe('an outsider that answers where a member without a secret has dialled', () => {
  it('learns the certificate, where it knows the id of the network, and nothing else', async () => {
    const pretender = new Pretender({ member: outsider }, { ...nothingShown, networkId });
    const { swarm, script } = await dialOutsider({ member: ada }, pretender);
    const { certificate } = parseFile('member', ada);
    expect(pretender.seen.map(bytesToHex)).toEqual([bytesToHex(certificate)]);
    const told = asDict(decode(certificate.slice(0, -64))) ?? {};
    expect(Object.keys(told).sort()).toEqual(
      ['key', 'name', 'network', 'notAfter', 'notBefore', 'perms', 'serial', 'v'].sort(),
    );
    // An ephemeral key; keys and certificate; a kind, and the number by which the session knows itself again.
    const [first, third, confirmation, ...more] = script.authMessages;
    expect(first?.payload).toHaveLength(1 + keyLength);
    expect(third?.payload).toHaveLength(1 + keyLength + 16 + certificate.length + 16);
    expect(confirmation).toMatchObject({ isEncrypted: true, payload: { length: 1 + 1 + 16 } });
    expect(more).toEqual([]);
    await swarm.stop();
  });

  it('learns not even that where it does not know the id', async () => {
    const pretender = new Pretender({ member: outsider }, nothingShown);
    const { swarm, script } = await dialOutsider({ member: ada }, pretender);
    expect(pretender.seen).toEqual([]);
    expect(script.authMessages.map(({ payload }) => payload.length)).toEqual([1 + keyLength]);
    await swarm.stop();
  });
});

describe('an outsider that answers where a member with a secret has dialled', () => {
  it('learns nothing, though it knows the id of the network', async () => {
    const options = { member: outsider, secret: otherSecretText };
    const pretender = new Pretender(options, { ...nothingShown, networkId });
    const { swarm, script } = await dialOutsider({ member: ada, secret: secretText }, pretender);
    expect(pretender.seen).toEqual([]);
    expect(script.problem).toBe('CLOSED_NETWORK_HANDSHAKE');
    expect(script.authMessages.map(({ payload }) => payload.length)).toEqual([1 + keyLength + 16]);
    await swarm.stop();
  });

  it.each([32, 48, 96, 112])('learns nothing by answering %i bytes that it has made up', async (length) => {
    const swarm = createSwarm();
    const dialler = await swarm.addSeed({
      extensions: [new ClosedNetwork({ member: ada, secret: secretText })],
    });
    const listener = await listenElsewhere(swarm);
    dialler.torrent.addPeer(listener.local);
    const fake = await listener.next();
    await fake.greet({ pl_auth: 1 });
    await fake.expectExtended('pl_auth');
    fake.sendExtended('pl_auth', new Uint8Array(length).fill(9));
    await fake.expectClosed({ timeoutMs: 1000 });
    expect(fake.received.map(({ type }) => type)).toEqual(['extended', 'extended']);
    await swarm.stop();
  });
});

describe('an outsider that dials', () => {
  it.each([
    ['members', {}, [1 + 2 * keyLength + 2 * 16]],
    ['members and a secret', { secret: secretText }, []],
  ])('with %s gets a key of ours, or nothing', async (_mode, secret, lengths) => {
    const swarm = createSwarm();
    const seed = await swarm.addSeed({ extensions: [new ClosedNetwork({ ...secret, member: ada })] });
    const pretender = new Pretender(
      { member: outsider, ...('secret' in secret && { secret: otherSecretText }) },
      { ...nothingShown, networkId },
    );
    const script = ScriptedMember.dial(swarm, seed, pretender);
    await swarm.advance(overMs);
    expect(script.isClosed).toBe(true);
    expect(pretender.seen).toEqual([]);
    expect(script.authMessages.map(({ payload }) => payload.length)).toEqual(lengths);
    expect(script.otherMessages).toEqual([]);
    await swarm.stop();
  });
});
