import {
  bytesToHex,
  defineTorrentExtension,
  type Endpoint,
  formatEndpoint,
  type PeerContext,
  pluginApiVersion,
  type TorrentPluginFactory,
} from '@peerloom/core';
import type { NodeTraffic } from '../scenario.js';

/**
 * Knows sessions of the swarm by their peer ids, in hexadecimal, or by where connections with them lead: an extension
 * may keep peer ids to itself.
 */
export type NodeNames = (peerId: string, endpoint: Endpoint) => string | undefined;

type PeerTraffic = Omit<NodeTraffic, 'remote'> & { readonly endpoint: Endpoint };

/** Counts the blocks that go between one session and each of the others, over all connections with them. */
export class TrafficWatch {
  readonly #connections = new Set<PeerContext>();
  /** Of connections that have ended, by peer id. */
  readonly #ended = new Map<string, PeerTraffic>();

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

  /** What went so far. */
  read(nameOf: NodeNames): readonly NodeTraffic[] {
    const all = new Map(this.#ended);
    for (const peer of this.#connections) add(all, peer);
    const byName = new Map<string, NodeTraffic>();
    for (const [peerId, { endpoint, ...bytes }] of all) {
      const remote = nameOf(peerId, endpoint) ?? formatEndpoint(endpoint);
      const before = byName.get(remote);
      byName.set(remote, {
        remote,
        downloadedBytes: bytes.downloadedBytes + (before?.downloadedBytes ?? 0),
        uploadedBytes: bytes.uploadedBytes + (before?.uploadedBytes ?? 0),
      });
    }
    return [...byName.values()];
  }
}

function add(traffic: Map<string, PeerTraffic>, { id, endpoint, stats }: PeerContext): void {
  const { downloadedBytes, uploadedBytes } = stats;
  // No block goes before the handshake.
  if (id === undefined || downloadedBytes + uploadedBytes === 0) return;
  const peerId = bytesToHex(id);
  const before = traffic.get(peerId);
  traffic.set(peerId, {
    endpoint,
    downloadedBytes: downloadedBytes + (before?.downloadedBytes ?? 0),
    uploadedBytes: uploadedBytes + (before?.uploadedBytes ?? 0),
  });
}
