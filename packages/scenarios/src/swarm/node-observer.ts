import { type Endpoint, formatEndpoint, type PeerSource } from '@peerloom/core';
import type { SwarmNode } from './swarm-node.js';

/** What one node has met with so far, as its alerts told it. */
export class NodeObserver {
  readonly node: SwarmNode;
  /** Whether its metadata came from peers. */
  hasReceivedMetadata = false;
  /** Pieces that came wrong. */
  wrongPieces = 0;
  /** Connections that ended, or could not be made. */
  disconnects = 0;
  /** Names of members by what they have proved to be. */
  readonly memberNames = new Map<string, string>();
  /** Connections that opened: whether each is encrypted. */
  readonly encrypted: boolean[] = [];
  readonly #found = new Map<string, Set<string>>();
  readonly #waiting = new Set<() => void>();

  constructor(node: SwarmNode) {
    this.node = node;
    const { session } = node;
    session.on('metadataReceived', () => {
      this.hasReceivedMetadata = true;
      this.#look();
    });
    session.on('hashFailed', () => {
      this.wrongPieces++;
      this.#look();
    });
    session.on('peerReady', ({ endpoint }) => {
      const peer = node.torrent?.peers().find((candidate) => isSameEndpoint(candidate.endpoint, endpoint));
      if (peer !== undefined) this.encrypted.push(peer.isEncrypted);
      this.#look();
    });
    session.on('peerDisconnected', () => {
      this.disconnects++;
      this.#look();
    });
    session.on('plugin', ({ plugin, event, endpoint, data }) => {
      if (plugin === 'peer-watch' && endpoint !== undefined) this.#foundBy(String(data.source), endpoint);
      if (plugin === 'closed-network' && event === 'confirmed') {
        this.memberNames.set(String(data.principal), String(data.name));
      }
      this.#look();
    });
  }

  #foundBy(source: string, endpoint: Endpoint): void {
    const found = this.#found.get(source) ?? new Set();
    this.#found.set(source, found.add(formatEndpoint(endpoint)));
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves once that is so. */
  until(isTrue: (observer: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue(this)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
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
