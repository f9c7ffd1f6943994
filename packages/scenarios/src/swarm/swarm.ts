import { join } from 'node:path';
import type { NodeProgress, NodeRole, ScenarioOptions, ScenarioResult } from '../scenario.js';
import { abortable } from './abortable.js';
import { loopbackAddresses } from './loopback-addresses.js';
import { SwarmNode, type SwarmNodeOptions } from './swarm-node.js';
import { withTemporaryFolder } from './temporary-folder.js';
import type { NodeNames } from './traffic-watch.js';

const progressPeriodMs = 100;
/** What has not happened so long after a run has begun is taken for what does not. */
const runLimitMs = 180_000;

/** What a scenario says of a session that it adds. */
export type NewNode = Pick<SwarmNodeOptions, 'extensions' | 'settings'>;

/** Sessions in this process, over TCP on loopback, which live as long as the scenario that adds them. */
export class Swarm {
  /** Where nodes keep their files, each in a folder of its name. */
  readonly folder: string;
  /** Aborts when the caller ends the run, and when a torrent of a node stops because of an error. */
  readonly signal: AbortSignal;
  readonly nodes: SwarmNode[] = [];
  readonly #report: ScenarioOptions['report'];
  readonly #nextAddress: () => string;
  readonly #failure = new AbortController();
  readonly #startedMs = performance.now();

  private constructor(folder: string, nextAddress: () => string, { report, signal }: ScenarioOptions) {
    this.folder = folder;
    this.#nextAddress = nextAddress;
    this.#report = report;
    this.signal = AbortSignal.any([signal, this.#failure.signal]);
  }

  /** Runs a scenario; its sessions are stopped and its files removed however that ends. */
  static run(
    options: ScenarioOptions,
    scenario: (swarm: Swarm) => Promise<ScenarioResult>,
  ): Promise<ScenarioResult> {
    return withTemporaryFolder(async (folder) => {
      options.signal.throwIfAborted();
      const swarm = new Swarm(folder, await loopbackAddresses(), options);
      try {
        return await scenario(swarm);
      } finally {
        await Promise.all(swarm.nodes.map((node) => node.stop()));
      }
    });
  }

  /** Milliseconds since the scenario began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  /** Says that a step has begun. */
  note(message: string): void {
    this.#report({ type: 'note', elapsedMs: this.elapsedMs, message });
  }

  /** Adds a session, which listens. Rejects with `NETWORK_…`. */
  async addNode(name: string, role: NodeRole, options: NewNode = {}): Promise<SwarmNode> {
    const node = new SwarmNode({
      ...options,
      name,
      role,
      folder: join(this.folder, name),
      address: this.#nextAddress(),
      onAlert: (alert) => this.#report({ type: 'alert', elapsedMs: this.elapsedMs, node: name, alert }),
      onError: (error) => this.#failure.abort(error),
    });
    this.nodes.push(node);
    const endpoint = await this.wait(node.listen());
    this.#report({ type: 'node', elapsedMs: this.elapsedMs, name, role, endpoint });
    return node;
  }

  /** Settles as the promise does, or rejects with the reason where {@link signal} aborts first. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return abortable(promise, this.signal);
  }

  /**
   * As {@link wait}, and reports meanwhile, and when it has resolved, where every node is. Resolves also when a run has
   * taken three minutes, so that its checks say what is missing.
   */
  async watch(promise: Promise<unknown>): Promise<void> {
    const timer = setInterval(() => this.reportProgress(), progressPeriodMs);
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, runLimitMs - this.elapsedMs);
    }).then(() => this.note('three minutes have passed: what has not happened yet is not waited for'));
    try {
      await this.wait(Promise.race([promise, late]));
    } finally {
      clearTimeout(limit);
      clearInterval(timer);
      this.reportProgress();
    }
  }

  /** Reports where every node is. */
  reportProgress(): readonly NodeProgress[] {
    const timeMs = performance.now();
    const nameOf = this.#nodeNames();
    const nodes = this.nodes.map((node) => node.progress(timeMs, nameOf));
    this.#report({ type: 'progress', elapsedMs: timeMs - this.#startedMs, nodes });
    return nodes;
  }

  #nodeNames(): NodeNames {
    const byPeerId = new Map(this.nodes.map(({ peerId, name }) => [peerId, name]));
    const byAddress = new Map<string, string | undefined>();
    for (const { name, endpoints } of this.nodes) {
      // One that several have says nothing.
      for (const { address } of endpoints) byAddress.set(address, byAddress.has(address) ? undefined : name);
    }
    return (peerId, { address }) => byPeerId.get(peerId) ?? byAddress.get(address);
  }
}
