import { type Endpoint, endpoint } from '@peerloom/core';
import { Child } from './child.js';
import { doneLine, doneScript } from './done-script.js';
import { type AddressFamily, type Engine, loopback } from './engine.js';
import { findFreePort } from './free-port.js';

/** Options of aria2's command line, without the dashes. */
export type Aria2Options = Readonly<Record<string, string>>;

/** An aria2 process with one torrent. */
export class Aria2 implements Engine {
  readonly #child: Child;
  readonly #peerPort: number;

  private constructor(child: Child, peerPort: number) {
    this.#child = child;
    this.#peerPort = peerPort;
  }

  /**
   * Starts one with a torrent, or a magnet link, whose data is, or comes, into `savePath`. `options` override the ones
   * below.
   */
  static async start(torrent: string, savePath: string, options: Aria2Options): Promise<Aria2> {
    const peerPort = await findFreePort();
    const all = {
      'bt-enable-lpd': 'false',
      // What is there already is looked at.
      'check-integrity': 'true',
      'console-log-level': 'notice',
      dir: savePath,
      'enable-color': 'false',
      'enable-dht': 'false',
      'enable-dht6': 'false',
      'enable-peer-exchange': 'false',
      'file-allocation': 'none',
      'on-bt-download-complete': doneScript,
      'listen-port': String(peerPort),
      // Seeds without end.
      'seed-ratio': '0.0',
      'show-console-readout': 'false',
      'stop-with-process': String(process.pid),
      'summary-interval': '0',
      ...options,
    };
    const args = Object.entries(all).map(([name, value]) => `--${name}=${value}`);
    const child = new Child('aria2c', ['--no-conf', ...args, torrent]);
    const aria2 = new Aria2(child, peerPort);
    await child.line((line) => line.includes('listening on TCP port'), 'aria2 to listen');
    return aria2;
  }

  async listening(family: AddressFamily = 4): Promise<Endpoint> {
    return endpoint(loopback[family], this.#peerPort);
  }

  async finished(): Promise<void> {
    await this.#child.line((line) => line === doneLine, 'aria2 to finish');
  }

  /** Ends it as a user would. */
  async leave(): Promise<void> {
    this.#child.interrupt();
    await this.#child.exited();
  }

  /** It tells of none. */
  async faults(): Promise<readonly string[]> {
    return [];
  }

  describe(): string {
    return this.#child.describe();
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
