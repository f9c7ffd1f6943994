import { execFileSync } from 'node:child_process';

/** What every link of the network is like, in each direction. */
export interface LinkOptions {
  /** Millions of bits a second. */
  readonly rateMbit: number;
  /** Between any two hosts, there and back. */
  readonly roundTripMs: number;
}

const switchName = 'switch';
const bridge = 'br0';
/** What waits in front of a link, at most. */
const queueMs = 100;

/**
 * Hosts as network namespaces, each with an address and one link to a switch, which is a namespace as well. To be used
 * in network and mount namespaces of its own: then nothing of it is seen outside, and it ends with the last process.
 */
export class HostNetwork {
  /** What this kernel cannot do of what was asked for, a line each. */
  readonly lacks: string[] = [];
  readonly #link: LinkOptions;
  #hostCount = 0;

  constructor(link: LinkOptions) {
    this.#link = link;
    ip('netns', 'add', switchName);
    ip('-n', switchName, 'link', 'add', bridge, 'type', 'bridge');
    ip('-n', switchName, 'link', 'set', bridge, 'up');
  }

  /** Adds a host; gives its address. */
  add(name: string): string {
    const number = ++this.#hostCount;
    const address = `10.77.${number >> 8}.${number & 255}`;
    const port = `port${number}`;
    ip('netns', 'add', name);
    ip('-n', switchName, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', switchName, 'link', 'set', port, 'master', bridge, 'up');
    ip('-n', name, 'addr', 'add', `${address}/16`, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    this.#shape(name, 'eth0', this.#link.roundTripMs / 2);
    this.#shape(switchName, port, 0);
    return address;
  }

  /** Runs a program on a host, when it is put in front of its arguments. */
  launcher(name: string): readonly string[] {
    return ['ip', 'netns', 'exec', name];
  }

  #shape(namespace: string, device: string, delayMs: number): void {
    const { rateMbit } = this.#link;
    const qdisc = ['netns', 'exec', namespace, 'tc', 'qdisc', 'add', 'dev', device];
    const rate = ['tbf', 'rate', `${rateMbit}mbit`, 'burst', '256kb', 'latency', `${queueMs}ms`];
    const isShaped = this.#try(
      'links have no limit: there is no tbf',
      ...qdisc,
      'root',
      'handle',
      '1:',
      ...rate,
    );
    if (delayMs === 0) return;
    const parent = isShaped ? ['parent', '1:1'] : ['root'];
    const delay = ['netem', 'delay', `${delayMs}ms`, 'limit', '10000'];
    this.#try('links have no delay: there is no netem', ...qdisc, ...parent, ...delay);
  }

  #try(lack: string, ...args: readonly string[]): boolean {
    try {
      ip(...args);
      return true;
    } catch {
      if (!this.lacks.includes(lack)) this.lacks.push(lack);
      return false;
    }
  }
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
