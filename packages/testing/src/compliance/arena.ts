import type { Alert, PeerContext, PluginUsage, Settings } from '@peerloom/core';
import type { VirtualClock } from '../clock/virtual-clock.js';
import { Swarm } from '../swarm/swarm.js';
import type { SwarmPeer } from '../swarm/swarm-peer.js';
import { TestingError } from '../testing-error.js';
import { sharedTorrent } from './contents.js';
import { CallCounter, type HookCall, HookLog } from './hook-log.js';
import { type Extension, type Interference, instrument } from './instrument.js';
import { Observer } from './observer.js';

/**
 * Whose extension is asked for: the session that is watched, the one that talks to it, and a third one that
 * nothing is done to. The extensions must get on with each other.
 */
export type ComplianceRole = 'local' | 'remote' | 'bystander';

/** Pieces that a session has at the start. */
type Have = 'all' | 'none' | readonly number[];

/** How an {@link Arena} begins. */
export interface ArenaSetUp {
  readonly localHave: Have;
  readonly remoteHave: Have;
  readonly bystanderHave: Have;
  /** The local session begins with the infohash only. */
  readonly isMagnet?: boolean;
  /** Settings of the local session beside the arena's own. */
  readonly settings?: Partial<Settings>;
}

/** What an {@link Arena} is made of. */
export interface ArenaOptions extends ArenaSetUp {
  readonly createExtension: (role: ComplianceRole) => Extension;
  /** Handed to the extension with every torrent. */
  readonly userData: unknown;
  /** What the local extension's hooks do. */
  readonly interference?: ((arena: Arena) => Interference) | undefined;
  /** What an earlier local session saved. */
  readonly state?: Uint8Array | undefined;
  /** The local session begins without the extension. */
  readonly isAddedLater?: boolean;
  /** Another extension of the local session, between the observers. */
  readonly companion?: Extension;
  /** Another extension of the remote session. */
  readonly remoteCompanion?: Extension;
  /** Streams are cut into chunks of random lengths up to this. */
  readonly maxChunkBytes?: number;
}

/** Address of the remote session. */
export const remoteAddress = '10.0.0.2';

/** Slow enough for a transfer to last longer than a tick. */
const uploadBytesPerSecond = 40_000;

/** Quick to try again, so that a run is short. */
const arenaSettings: Partial<Settings> = {
  diskPoolBytes: 2 * 1024 * 1024,
  peerRetryDelayMs: 2000,
  maxPeerFailures: 100,
  unchokeIntervalMs: 1000,
  optimisticIntervalMs: 1000,
};

/**
 * Three sessions with the extension: a local one, in which it is watched by an observer before it and one
 * after it, a remote one, and a bystander whose connection nothing is done to.
 */
export class Arena {
  readonly swarm: Swarm;
  readonly before: Observer;
  readonly after: Observer;
  /** Speaks for the remote session. */
  readonly puppet: Observer;
  /** Calls that the local extension got. */
  readonly log: HookLog;
  /** Name of the extension. */
  readonly name: string;
  /** Whether the extension is a plugin of sessions, so that session hooks concern it. */
  readonly isSessionPlugin: boolean;
  readonly isRequired: boolean;
  readonly #options: ArenaOptions;
  readonly #extension: Extension;
  #local: SwarmPeer | undefined;
  #remote: SwarmPeer | undefined;
  #bystander: SwarmPeer | undefined;

  constructor(options: ArenaOptions) {
    this.#options = options;
    this.swarm = new Swarm({
      seed: 'compliance',
      torrent: sharedTorrent(),
      settings: arenaSettings,
      ...(options.maxChunkBytes !== undefined && { network: { maxChunkBytes: options.maxChunkBytes } }),
      allowsFaults: true,
    });
    const counter = new CallCounter();
    this.log = new HookLog(counter);
    this.before = new Observer('compliance-before', 'pre', new HookLog(counter));
    this.after = new Observer('compliance-after', 'post', new HookLog(counter));
    this.puppet = new Observer('compliance-puppet', 'pre', new HookLog(counter));
    const extension = options.createExtension('local');
    this.name = extension.name;
    this.isSessionPlugin = typeof extension !== 'function';
    this.isRequired = extension.required === true;
    this.#extension = instrument(extension, this.log, options.interference?.(this));
    // So that there is a state to load.
    this.before.answers.set('session.saveState', 'kept');
  }

  get clock(): VirtualClock {
    return this.swarm.clock;
  }

  get local(): SwarmPeer {
    return present(this.#local, 'local');
  }

  get remote(): SwarmPeer {
    return present(this.#remote, 'remote');
  }

  get bystander(): SwarmPeer {
    return present(this.#bystander, 'bystander');
  }

  /** Address of the remote session, known before it is there. */
  readonly remoteAddress = remoteAddress;

  /** Starts the three sessions, not connected. */
  async start(): Promise<void> {
    const { createExtension, localHave, remoteHave, bystanderHave, userData, settings } = this.#options;
    const host = { uploadBytesPerSecond };
    const addTorrent = { userData };
    this.#remote = await this.swarm.addPeer({
      name: 'remote',
      addresses: this.remoteAddress,
      host,
      addTorrent,
      have: remoteHave,
      extensions: [this.puppet.plugin, createExtension('remote'), ...listOf(this.#options.remoteCompanion)],
    });
    this.#bystander = await this.swarm.addPeer({
      name: 'bystander',
      addresses: '10.0.0.3',
      host,
      addTorrent,
      have: bystanderHave,
      extensions: [createExtension('bystander')],
    });
    this.#local = await this.swarm.addPeer({
      name: 'local',
      addresses: '10.0.0.1',
      host,
      addTorrent,
      have: localHave,
      isMagnet: this.#options.isMagnet === true,
      extensions: [this.before.plugin],
      isStarted: false,
      ...(settings !== undefined && { settings }),
      ...(this.#options.state !== undefined && { state: this.#options.state }),
    });
    // Added one by one and not with the session, because hooks may want to use that.
    if (this.#options.isAddedLater !== true) this.addExtension();
    for (const extension of [...listOf(this.#options.companion), this.after.plugin]) {
      this.local.session.addExtension(extension);
    }
    this.local.start();
  }

  /** Adds the extension to the local session, where it is not there. */
  addExtension(): void {
    this.local.session.addExtension(this.#extension);
  }

  /** Takes the extension out of the local session. */
  async removeExtension(): Promise<void> {
    await this.settled(this.local.session.removeExtension(this.name, { allowOpen: true }));
  }

  /** Makes the local session dial the other two. */
  dialFromLocal(): void {
    this.swarm.connect(this.local, this.remote, this.bystander);
  }

  /** Makes the other two dial the local session. */
  dialToLocal(): void {
    this.swarm.connect(this.remote, this.local);
    this.swarm.connect(this.bystander, this.local);
  }

  /** The local observer's context of the connection with the remote session, if it is open. */
  get localPeer(): PeerContext | undefined {
    return this.before.peerAt(this.remoteAddress);
  }

  /** The puppet's context of the connection with the local session, if it is open. */
  get remotePeer(): PeerContext | undefined {
    return this.puppet.peerAt(this.local.host.addresses[0] ?? '');
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Lets time pass until something is so, or `timeoutMs` is over; whether it is so. */
  async until(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
    const startMs = this.clock.now();
    const isOver = (): boolean => isSo() || this.clock.now() - startMs >= timeoutMs;
    while (!isOver()) await this.clock.advance(Math.min(50, timeoutMs));
    return isSo();
  }

  /** Waits for a promise while time passes. Throws `TESTING_TIMEOUT` where it does not settle in a minute. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const note = (): void => {
      isSettled = true;
    };
    promise.then(note, note);
    await this.clock.runUntil(() => isSettled, { timeoutMs: 60_000, what: 'a promise of the session' });
    return promise;
  }

  /** All alerts of the local session, oldest first. */
  get alerts(): readonly Alert[] {
    return this.before.log.of('session.onAlert').map(({ args }) => args[0] as Alert);
  }

  /** What the extension has outstanding in the local session. */
  get usage(): PluginUsage | undefined {
    return this.local.session.stats().plugins[this.name];
  }

  /** Calls that the local extension got after a sequence number. */
  callsAfter(sequence: number): readonly HookCall[] {
    return this.log.calls.filter((call) => call.sequence > sequence);
  }

  /** Sequence number of now. */
  mark(): number {
    return this.log.begin();
  }
}

function listOf(extension: Extension | undefined): Extension[] {
  return extension === undefined ? [] : [extension];
}

function present(peer: SwarmPeer | undefined, name: string): SwarmPeer {
  if (peer === undefined) throw new TestingError('TESTING_COMPLIANCE', `the ${name} session is not started`);
  return peer;
}
