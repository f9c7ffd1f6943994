import { NodeNetwork, SystemClock, SystemSecureRandom } from '@peerloom/core';
import { TrackerServer } from '@peerloom/tracker/server';

/** A tracker on loopback, for one swarm. */
export interface SwarmTracker {
  /** What goes into torrents and magnet links. */
  readonly announceUrl: string;
  /** Resolves once a peer that has everything has announced itself. */
  readonly seedAnnounced: Promise<void>;
  /** Ends it. */
  close(): Promise<void>;
}

/** Starts a tracker over UDP on a free port of 127.0.0.1. Rejects with `NETWORK_…`. */
export async function startSwarmTracker(): Promise<SwarmTracker> {
  const clock = new SystemClock();
  let onSeed = (): void => undefined;
  const seedAnnounced = new Promise<void>((resolve) => {
    onSeed = resolve;
  });
  const server = new TrackerServer({
    clock,
    network: new NodeNetwork(clock),
    secureRandom: new SystemSecureRandom(),
    onAnnounce: ({ leftBytes, failure }) => {
      if (leftBytes === 0 && failure === undefined) onSeed();
    },
  });
  const { announceUrl } = await server.listenUdp('127.0.0.1:0');
  return { announceUrl, seedAnnounced, close: () => server.close() };
}
