import { type Endpoint, formatEndpoint, type PeerSource } from '@peerloom/core';
import type { SwarmNode } from './swarm-node.js';

/** What one node has met with so far, as its alerts told it. */
export class NodeObserver {
  readonly node: SwarmNode;
  /** Whether its metadata came from peers. */
  hasReceivedMetadata = false;
  /** Pieces that came wrong. */
  wrongPieces = 0;
  /** Names of members by what they have proved to be. */
  readonly memberNames = new Map<string, string>();
  /** Connections that opened: whether each is encrypted. */
  readonly encrypted: boolean[] = [];
  /** Remotes that could not prove that they belong, a time each. */
  refusals = 0;
  readonly #found = new Map<string, Set<string>>();

  constructor(node: SwarmNode) {
    this.node = node;
    const { session } = node;
    session.on('metadataReceived', () => {
      this.hasReceivedMetadata = true;
    });
    session.on('hashFailed', () => this.wrongPieces++);
    session.on('peerReady', ({ endpoint }) => {
      const peer = node.torrent?.peers().find((candidate) => isSameEndpoint(candidate.endpoint, endpoint));
      if (peer !== undefined) this.encrypted.push(peer.isEncrypted);
    });
    session.on('plugin', ({ plugin, event, endpoint, data }) => {
      if (plugin === 'peer-watch' && endpoint !== undefined)
        this.#foundBy(data.source as PeerSource, endpoint);
      if (plugin !== 'closed-network') return;
      if (event === 'confirmed') this.memberNames.set(String(data.principal), String(data.name));
      if (event === 'refused') this.refusals++;
    });
  }

  #foundBy(source: string, endpoint: Endpoint): void {
    const found = this.#found.get(source) ?? new Set();
    this.#found.set(source, found.add(formatEndpoint(endpoint)));
  }

  /** Resolves with the first address that comes from there. */
  found(source: PeerSource): Promise<void> {
    if (this.foundCount(source) > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.node.session.on('plugin', () => {
        if (this.foundCount(source) === 0) return;
        stop();
        resolve();
      });
    });
  }

  /** How many addresses came from there. */
  foundCount(source: PeerSource): number {
    return this.#found.get(source)?.size ?? 0;
  }

  /** Names of the members whom it keeps out; `undefined` for whoever is not known by a certificate. */
  get bannedNames(): readonly (string | undefined)[] {
    return this.node.session
      .bans()
      .map(({ target }) => ('principal' in target ? this.memberNames.get(target.principal) : undefined));
  }
}

function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}
