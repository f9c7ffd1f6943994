import {
  type PeerContext,
  type PeerPlugin,
  pluginApiVersion,
  type SessionContext,
  type SessionPlugin,
  type TorrentContext,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { type HookId, type HookLevel, hookNames } from './hook-catalog.js';
import type { HookLog } from './hook-log.js';

/**
 * A session plugin that implements every hook, does nothing in them, and keeps all calls, and the contexts
 * that a script drives a session by.
 */
export class Observer {
  readonly plugin: SessionPlugin;
  /** What hooks are to return; the others return nothing. */
  readonly answers = new Map<HookId, unknown>();
  readonly #log: HookLog;
  readonly #peers: PeerContext[] = [];
  readonly #torrents: TorrentContext[] = [];
  #session: SessionContext | undefined;

  constructor(name: string, order: 'pre' | 'post', log: HookLog) {
    this.#log = log;
    const identity = { name, apiVersion: pluginApiVersion, order, alertMask: -1 };
    this.plugin = Object.assign(this.#hooks('session'), identity);
  }

  get log(): HookLog {
    return this.#log;
  }

  /** Its context of the session; `undefined` until it is added. */
  get session(): SessionContext | undefined {
    return this.#session;
  }

  /** Its contexts of torrents, oldest first. */
  get torrents(): readonly TorrentContext[] {
    return this.#torrents;
  }

  /** Its contexts of connections, oldest first, closed ones included. */
  get peers(): readonly PeerContext[] {
    return this.#peers;
  }

  /** Its context of the open connection with a remote address, the newest where there are several. */
  peerAt(address: string): PeerContext | undefined {
    return this.#peers.findLast((peer) => !peer.isClosed && peer.endpoint.address === address);
  }

  #hooks(level: HookLevel, peer?: PeerContext): SessionPlugin & TorrentPlugin & PeerPlugin {
    const hooks = hookNames[level].map((name) => [name, this.#hook(`${level}.${name}` as HookId, peer)]);
    return Object.fromEntries(hooks);
  }

  #hook(id: HookId, peer: PeerContext | undefined): (...args: unknown[]) => unknown {
    return (...args) => {
      const sequence = this.#log.begin();
      const remote = peer?.endpoint.address;
      this.#log.add({ id, args: args.map(kept), result: undefined, error: undefined, remote, sequence });
      if (id === 'session.added') this.#session = args[0] as SessionContext;
      if (id === 'session.newTorrent') {
        this.#torrents.push(args[0] as TorrentContext);
        return this.#hooks('torrent');
      }
      if (id === 'torrent.newConnection') {
        const context = args[0] as PeerContext;
        this.#peers.push(context);
        return this.#hooks('peer', context);
      }
      return this.answers.get(id);
    };
  }
}

/** Payloads are valid during the call only. */
function kept(value: unknown): unknown {
  return value instanceof Uint8Array ? new Uint8Array(value) : value;
}
