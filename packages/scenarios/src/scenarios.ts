import { allExtensions } from './all-extensions/all-extensions.js';
import { chat } from './chat/chat.js';
import { closedNetwork } from './closed-network/closed-network.js';
import { download } from './download/download.js';
import { giveOnce } from './give-once/give-once.js';
import { loopback } from './loopback/loopback.js';
import { magnetOnly } from './magnet-only/magnet-only.js';
import { poisoner } from './poisoner/poisoner.js';
import { processes } from './processes/processes.js';
import type { Scenario } from './scenario.js';
import { streaming } from './streaming/streaming.js';

/** Every example swarm, in the order in which they are listed. */
export const scenarios: readonly Scenario[] = [
  allExtensions,
  download,
  magnetOnly,
  poisoner,
  closedNetwork,
  processes,
  streaming,
  chat,
  giveOnce,
  loopback,
];
