import {
  type AlertOf,
  type Endpoint,
  endpoint,
  pluginApiVersion,
  type SessionPlugin,
} from '@peerloom/core/plugin';
import {
  FakePeer,
  FakePeerListener,
  type FakePeerOptions,
  type ServeOptions,
  type Swarm,
  type SwarmPeer,
  type SwarmPeerOptions,
} from '@peerloom/testing';
import { SmartBan } from './smart-ban.js';

/** Four pieces of two blocks. */
export const smallTorrent = { pieceLength: 32 * 1024, lengthBytes: 4 * 32 * 1024 } as const;

/** How a fake peer lies or does not. */
interface FakeOptions extends Partial<FakePeerOptions>, Omit<ServeOptions, 'unchokes'> {
  /** Where it says that it listens. */
  readonly listenPort?: number;
}

/** A peer that downloads with smart ban, and what its alerts say. */
interface Victim {
  readonly peer: SwarmPeer;
  /** What smart ban has said. */
  readonly banned: AlertOf<'plugin'>[];
  /** Whose connections were closed because of a ban. */
  readonly expelled: Endpoint[];
}

/** Adds a session that has nothing, with smart ban and other extensions. */
export async function addVictim(swarm: Swarm, options: Omit<SwarmPeerOptions, 'have'> = {}): Promise<Victim> {
  const { extensions = [] } = options;
  const peer = await swarm.addLeech({
    ...options,
    // One block at a time of each, so that many have a part in each piece.
    settings: { maxOutstandingRequests: 1 },
    extensions: [new SmartBan(), ...extensions],
  });
  const banned: AlertOf<'plugin'>[] = [];
  peer.session.on('plugin', (alert) => {
    if (alert.plugin === 'smart-ban') banned.push(alert);
  });
  const expelled: Endpoint[] = [];
  peer.session.on('peerDisconnected', ({ endpoint, reason }) => {
    if (reason.code === 'PEER_BANNED') expelled.push(endpoint);
  });
  return { peer, banned, expelled };
}

/** Adds a scripted peer that has everything, from a host of its own unless `network` is given. */
export async function addFake(swarm: Swarm, { peer }: Victim, options: FakeOptions = {}): Promise<FakePeer> {
  const { listenPort } = options;
  const network = options.network ?? swarm.host();
  const { clock, content } = swarm;
  const { infoHash } = content;
  const fake = FakePeer.dial(peer.endpoint, { clock, infoHash, ...options, network });
  await fake.greet({}, listenPort === undefined ? {} : { p: listenPort });
  fake.serve(content, options);
  return fake;
}

/** As {@link addFake}, of a peer that listens, and is dialled by the victim. */
export async function addDialledFake(
  swarm: Swarm,
  { peer }: Victim,
  address: string,
  options: ServeOptions,
): Promise<FakePeerListener> {
  const { clock, content } = swarm;
  const network = swarm.host(address);
  const { infoHash } = content;
  const listener = await FakePeerListener.listen(
    endpoint(address, 6881),
    { clock, infoHash, network },
    (fake) => {
      fake.sendHandshake();
      fake.serve(content, options);
    },
  );
  peer.torrent.addPeer(listener.local);
  return listener;
}

/** Turns every bit of a block around. */
export function spoil(block: Uint8Array): Uint8Array {
  return block.map((byte) => ~byte);
}

/** Whom a session keeps out, as text: addresses, endpoints and principals. */
export function bansOf({ session }: SwarmPeer): readonly string[] {
  return session.bans().map(({ target }) => {
    if ('principal' in target) return target.principal;
    const { address, port } = target.endpoint;
    return target.portOnly === true ? `${address}:${port}` : address;
  });
}

/** Takes the peer id of a remote for who it has proved to be. */
export class TrustingIdentities implements SessionPlugin {
  readonly name = 'trusting-identities';
  readonly apiVersion = pluginApiVersion;

  newTorrent(): ReturnType<NonNullable<SessionPlugin['newTorrent']>> {
    return {
      newConnection: (peer) => ({
        onHandshake: () => peer.setPrincipal(Buffer.from(peer.id ?? []).toString('latin1')),
      }),
    };
  }
}
