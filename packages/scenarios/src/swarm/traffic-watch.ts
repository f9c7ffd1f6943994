import {
  bytesToHex,
  defineTorrentExtension,
  formatEndpoint,
  type PeerContext,
  pluginApiVersion,
  type TorrentPluginFactory,
} from '@peerloom/core';
import type { NodeTraffic } from '../scenario.js';

/** Counts the blocks that go between one session and each of the others, over all connections with them. */
export class TrafficWatch {
  readonly #connections = new Set<PeerContext>();
  /** Of connections that have ended, by peer id. */
  readonly #ended = new Map<string, NodeTraffic>();

  /** To be added to the session; adds nothing to what it says. */
  extension(): TorrentPluginFactory {
    const identity = { name: 'traffic-watch', apiVersion: pluginApiVersion } as const;
    return defineTorrentExtension(identity, () => ({
      newConnection: (peer) => {
        this.#connections.add(peer);
        return {
          onDisconnect: () => {
            this.#connections.delete(peer);
            add(this.#ended, peer);
          },
        };
      },
    }));
  }

  /** What went so far. `nameOf` knows sessions of the swarm by their peer ids, in hexadecimal. */
  read(nameOf: (peerId: string) => string | undefined): readonly NodeTraffic[] {
    const all = new Map(this.#ended);
    for (const peer of this.#connections) add(all, peer);
    return [...all].map(([peerId, traffic]) => ({ ...traffic, remote: nameOf(peerId) ?? traffic.remote }));
  }
}

function add(traffic: Map<string, NodeTraffic>, { id, endpoint, stats }: PeerContext): void {
  const { downloadedBytes, uploadedBytes } = stats;
  // No block goes before the handshake.
  if (id === undefined || downloadedBytes + uploadedBytes === 0) return;
  const peerId = bytesToHex(id);
  const before = traffic.get(peerId);
  traffic.set(peerId, {
    remote: formatEndpoint(endpoint),
    downloadedBytes: downloadedBytes + (before?.downloadedBytes ?? 0),
    uploadedBytes: uploadedBytes + (before?.uploadedBytes ?? 0),
  });
}
