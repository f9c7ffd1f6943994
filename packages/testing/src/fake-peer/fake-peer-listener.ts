import type { Endpoint, Listener } from '@peerloom/core';
import { TestingError } from '../testing-error.js';
import { type ExpectOptions, FakePeer, type FakePeerOptions } from './fake-peer.js';

/** Accepts connections as {@link FakePeer}s. */
export class FakePeerListener {
  /** Where it listens. */
  readonly local: Endpoint;
  readonly #listener: Listener;
  readonly #options: FakePeerOptions;
  readonly #peers: FakePeer[];
  #nextIndex = 0;

  private constructor(listener: Listener, options: FakePeerOptions, peers: FakePeer[]) {
    this.local = listener.local;
    this.#listener = listener;
    this.#options = options;
    this.#peers = peers;
  }

  /**
   * Listens. `onPeer` is called for each connection, in the turn in which it is accepted, so that a script can
   * answer it without being waited for.
   */
  static async listen(
    local: Endpoint,
    options: FakePeerOptions,
    onPeer: (peer: FakePeer) => void = () => {},
  ): Promise<FakePeerListener> {
    const peers: FakePeer[] = [];
    const listener = await options.network.listen(local, (connection) => {
      const peer = new FakePeer(connection, options);
      peers.push(peer);
      onPeer(peer);
    });
    return new FakePeerListener(listener, options, peers);
  }

  /** All that have come, oldest first. */
  get peers(): readonly FakePeer[] {
    return this.#peers;
  }

  /** Waits for the next connection that this method has not given yet. Rejects with `TESTING_TIMEOUT`. */
  async next({ timeoutMs = this.#options.timeoutMs ?? 30_000 }: ExpectOptions = {}): Promise<FakePeer> {
    const index = this.#nextIndex++;
    let peer: FakePeer | undefined;
    const hasCome = (): boolean => {
      peer = this.#peers[index];
      return peer !== undefined;
    };
    await this.#options.clock.runUntil(hasCome, { timeoutMs, what: 'a connection to a fake peer' });
    if (peer === undefined) throw new TestingError('TESTING_SCRIPT', 'no connection to a fake peer');
    return peer;
  }

  /** Accepts no more. */
  close(): Promise<void> {
    return this.#listener.close();
  }
}
