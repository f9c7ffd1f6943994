import { allExtensions } from './all-extensions/all-extensions.js';
import { loopback } from './loopback/loopback.js';
import type { Scenario } from './scenario.js';

/** Every example swarm, in the order in which they are listed. */
export const scenarios: readonly Scenario[] = [allExtensions, loopback];
