import { type Connection, type ConnectionHandler, type Endpoint, endpoint } from '@peerloom/core/plugin';
import type { Swarm } from '@peerloom/testing';

/** Which way bytes go: from the dialler, or back to it. */
export type Way = 'there' | 'back';

/** What a {@link Relay} does to the bytes that pass. Offsets count from the beginning of the stream. */
export interface Tampering {
  /** Bits that are flipped, by way. */
  readonly flip?: { readonly way: Way; readonly bit: number };
  /** From this offset on nothing passes; the connection then stays open, or ends. */
  readonly stop?: { readonly way: Way; readonly at: number; readonly ends?: boolean };
  /** What comes from this offset on is held back so long, and passes in one chunk. */
  readonly pause?: { readonly way: Way; readonly at: number; readonly forMs: number };
  /** Bytes that are put in before this offset. */
  readonly inject?: { readonly way: Way; readonly at: number; readonly bytes: Uint8Array };
}

const port = 7000;

/** A man in the middle: takes one connection, dials the target, and passes bytes on, as they are or not. */
export class Relay {
  readonly endpoint: Endpoint;
  /** All that came from either side, as it came. */
  readonly captured: Readonly<Record<Way, Uint8Array[]>> = { there: [], back: [] };
  readonly #swarm: Swarm;
  readonly #tampering: Tampering;
  #ends: readonly Connection[] = [];
  #isClosed = false;

  private constructor(swarm: Swarm, local: Endpoint, tampering: Tampering) {
    this.#swarm = swarm;
    this.endpoint = local;
    this.#tampering = tampering;
  }

  /** Listens on a host of its own. */
  static async open(swarm: Swarm, target: Endpoint, tampering: Tampering = {}): Promise<Relay> {
    const host = swarm.host();
    const relay = new Relay(swarm, endpoint(host.addresses[0] ?? '', port), tampering);
    const listener = await host.listen(relay.endpoint, (from) => {
      void listener.close();
      relay.#join(from, host.dial(target, { timeoutMs: 10_000 }));
    });
    return relay;
  }

  /** Whether both connections are gone. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** All bytes that came one way. */
  bytesOf(way: Way): Uint8Array {
    return Buffer.concat(this.captured[way]);
  }

  close(): void {
    for (const end of this.#ends) end.destroy();
  }

  #join(from: Connection, to: Connection): void {
    this.#ends = [from, to];
    from.setHandler(this.#pass('there', to));
    to.setHandler(this.#pass('back', from));
  }

  #pass(way: Way, to: Connection): ConnectionHandler {
    let offset = 0;
    let held: Uint8Array[] | undefined;
    const write = (chunk: Uint8Array): void => {
      if (chunk.length > 0 && !this.#isClosed) to.write([chunk], () => {});
    };
    const release = (): void => {
      const chunks = held ?? [];
      held = undefined;
      write(Buffer.concat(chunks));
    };
    return {
      onConnect: () => {},
      onData: (view) => {
        const chunk = new Uint8Array(view);
        this.captured[way].push(chunk.slice());
        const start = offset;
        offset += chunk.length;
        const { pause } = this.#tampering;
        const changed = this.#change(way, chunk, start);
        if (held !== undefined) {
          held.push(changed);
        } else if (pause?.way === way && pause.at >= start && pause.at < offset) {
          write(changed.slice(0, pause.at - start));
          held = [changed.slice(pause.at - start)];
          this.#swarm.clock.setTimeout(release, pause.forMs);
        } else {
          write(changed);
        }
      },
      onDrain: () => {},
      onEnd: () => to.end(),
      onClose: () => {
        this.#isClosed = true;
        this.close();
      },
    };
  }

  #change(way: Way, chunk: Uint8Array, start: number): Uint8Array {
    const { flip, stop, inject } = this.#tampering;
    if (flip?.way === way) {
      const at = (flip.bit >> 3) - start;
      if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ (1 << (flip.bit & 7));
    }
    if (inject?.way === way && inject.at >= start && inject.at < start + chunk.length) {
      const at = inject.at - start;
      return Buffer.concat([chunk.subarray(0, at), inject.bytes, chunk.subarray(at)]);
    }
    if (stop?.way !== way || start + chunk.length <= stop.at) return chunk;
    if (stop.ends === true) this.#swarm.clock.setTimeout(() => this.close(), 1);
    return chunk.subarray(0, Math.max(0, stop.at - start));
  }
}
