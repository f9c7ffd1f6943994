import type { AlertHub } from '../alerts/alert-hub.js';
import { bytesToHex } from '../common/bytes.js';
import { NodeNetwork } from '../network/node-network.js';
import { SystemClock } from '../network/system-clock.js';
import { SeededRandom, SystemSecureRandom } from '../network/system-random.js';
import type { Clock } from '../ports/clock.js';
import type { Network } from '../ports/network.js';
import type { Random, SecureRandom } from '../ports/random.js';
import type { SessionOptions } from './session-options.js';

/** Time, chance and network of a session. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly secureRandom: SecureRandom;
  readonly network: Network;
}

/** What the application gives, and the system's for what it does not. */
export function sessionPorts(options: SessionOptions): SessionPorts {
  const clock = options.clock ?? new SystemClock();
  const secureRandom = options.secureRandom ?? new SystemSecureRandom();
  const random = options.random ?? new SeededRandom(bytesToHex(secureRandom.bytes(16)));
  return { clock, random, secureRandom, network: options.network ?? new NodeNetwork(clock) };
}

/** Tells where keys and ids can be guessed. */
export function warnOfInsecurity({ secureRandom }: SessionOptions, alerts: AlertHub): void {
  if (secureRandom === undefined) return;
  const message = 'keys and ids come from a random source that the application chose: insecure';
  alerts.post('performanceWarning', { message });
}
