import { endpoint, SeededRandom } from '@peerloom/core';
import { VirtualClock } from '../clock/virtual-clock.js';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.js';
import { RecordingHandler } from './recording-handler.fake.js';

/** UTF-8 of some text. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Does nothing. */
export const nothing = (): void => {};

/** Two hosts on a network, `a` and `b`. */
export function setUp(options: Partial<MemoryNetworkOptions> & { seed?: number } = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({
    clock,
    random: new SeededRandom(options.seed ?? 1),
    latencyMs: 10,
    ...options,
  });
  const a = network.host('10.0.0.1');
  const b = network.host('10.0.0.2');
  return { clock, network, a, b };
}

/** Connects `a` to a listener of `b`; both sides record. */
export async function connect(set: ReturnType<typeof setUp>) {
  let far: RecordingHandler | undefined;
  const listener = await set.b.listen(endpoint('10.0.0.2', 0), (connection) => {
    far = new RecordingHandler(connection);
  });
  const near = new RecordingHandler(set.a.dial(listener.local, { timeoutMs: 5000 }));
  await set.clock.runUntil(() => near.connection.local !== undefined, { timeoutMs: 5000 });
  await set.clock.settle();
  if (far === undefined) throw new Error('nobody accepted');
  return { near, far, listener };
}
