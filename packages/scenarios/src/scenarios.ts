import { allExtensions } from './all-extensions/all-extensions.js';
import { chat } from './chat/chat.js';
import { giveOnce } from './give-once/give-once.js';
import { loopback } from './loopback/loopback.js';
import type { Scenario } from './scenario.js';
import { streaming } from './streaming/streaming.js';

/** Every example swarm, in the order in which they are listed. */
export const scenarios: readonly Scenario[] = [allExtensions, loopback, chat, giveOnce, streaming];
