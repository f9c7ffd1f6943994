import { endpoint } from '@peerloom/core/plugin';
import {
  createSwarm,
  FakePeerListener,
  type FakePeerOptions,
  type Swarm,
  type SwarmOptions,
  type SwarmPeer,
} from '@peerloom/testing';
import { expect } from 'vitest';
import { parseFile } from '../certificates/text-file.js';
import { ClosedNetwork } from '../closed-network.js';
import type { ClosedNetworkOptions } from '../closed-network-options.js';
import { secretText, TestAuthority } from '../network.fake.js';
import { confirmationsOf } from '../session-record.fake.js';
import { Relay, type Tampering, type Way } from './relay.fake.js';

const authority = new TestAuthority();

/** Past the deadline of an authentication. */
export const overMs = 12_000;

/** Each way to be of the network: by name, and what a member of that name is given. */
export const modes: Readonly<Record<string, (name: string) => ClosedNetworkOptions>> = {
  'a secret': () => ({ secret: secretText }),
  members: (name) => ({ member: authority.member(name) }),
  'members and a secret': (name) => ({ secret: secretText, member: authority.member(name) }),
};

/** A closed swarm of a seed and a leech that have not met, and what comes between them. */
export interface Scene {
  readonly swarm: Swarm;
  readonly seed: SwarmPeer;
  readonly leech: SwarmPeer;
}

/** Nobody gets anything to do beyond the authentication: both have everything. */
export async function makeScene(mode: string, options: SwarmOptions = {}): Promise<Scene> {
  const optionsOf = modes[mode] as (name: string) => ClosedNetworkOptions;
  const swarm = createSwarm({
    extensions: (name) => [new ClosedNetwork(optionsOf(name))],
    settings: { maxPeerFailures: 1 },
    ...options,
  });
  return {
    swarm,
    seed: await swarm.addSeed({ name: 'seed' }),
    leech: await swarm.addPeer({ name: 'leech', have: [0] }),
  };
}

/** Something on a host of its own that takes connections and says what a test tells it to. */
export function listenElsewhere(
  swarm: Swarm,
  options: Partial<FakePeerOptions> = {},
): Promise<FakePeerListener> {
  const network = swarm.host();
  const local = endpoint(network.addresses[0] ?? '', 7000);
  const { infoHash } = swarm.content;
  return FakePeerListener.listen(local, { clock: swarm.clock, network, infoHash, ...options });
}

/** Lets enough time pass, and checks that neither side has let the other in. */
export async function expectNobody({ swarm, seed, leech }: Scene): Promise<void> {
  await swarm.advance(overMs);
  expect([confirmationsOf(seed), confirmationsOf(leech)]).toEqual([0, 0]);
  expect([seed.torrent.peers(), leech.torrent.peers()]).toEqual([[], []]);
}

/** Makes the leech dial the seed through a relay. */
export async function dialThrough({ swarm, seed, leech }: Scene, tampering: Tampering = {}): Promise<Relay> {
  const relay = await Relay.open(swarm, seed.endpoint, tampering);
  leech.torrent.addPeer(relay.endpoint);
  return relay;
}

/** Bytes of an authentication that go each way: from the handshake to the end of the last message of it. */
export async function authenticationLengths(mode: string): Promise<Readonly<Record<Way, number>>> {
  const scene = await makeScene(mode);
  const { swarm, seed, leech } = scene;
  const relay = await dialThrough(scene);
  await swarm.clock.runUntil(() => confirmationsOf(seed) > 0 && confirmationsOf(leech) > 0, {
    timeoutMs: 60_000,
    what: 'the authentication',
  });
  await swarm.stop();
  const hasMembers = mode.startsWith('members');
  const certificate = 4 + 2 + 1 + parseFile('member', authority.member('seed')).certificate.length;
  return {
    there: plainLengthOf(relay.bytesOf('there'), hasMembers ? 3 : 2) + 2 + 16 + confirmLength,
    back: plainLengthOf(relay.bytesOf('back'), 2) + 2 + 16 + confirmLength + (hasMembers ? certificate : 0),
  };
}

/** Of the message that ends an authentication, inside of the encryption. */
const confirmLength = 4 + 2 + 1 + 16;

/** A handshake of 68 bytes, and as many plain messages, of which the first is the extension handshake. */
function plainLengthOf(bytes: Uint8Array, messages: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let length = 68;
  for (let i = 0; i < messages; i++) length += 4 + view.getUint32(length);
  return length;
}
