import type { AlertHub } from '../alerts/alert-hub.js';
import type { DiskBufferLedger } from '../dispatch/disk-buffers.js';
import type { MessageIds } from '../dispatch/message-ids.js';
import type { Clock } from '../ports/clock.js';
import type { SlotPool } from '../ports/slots.js';
import type { Settings } from '../settings/settings-table.js';
import type { SendBufferPool } from './send-buffer-pool.js';

/** What all connections of a session share. Implemented by the session. */
export interface PeerEnvironment {
  readonly clock: Clock;
  /** One object whose values follow every change: read anew each time. */
  readonly settings: Settings;
  readonly alerts: AlertHub;
  readonly slots: SlotPool;
  readonly messageIds: MessageIds;
  readonly diskBuffers: DiskBufferLedger;
  readonly sendBuffers: SendBufferPool;
  /** The port we listen on for an address family; `undefined` where we don't. */
  listenPort(family: 4 | 6): number | undefined;
  /** Runs `flush` once at the end of this turn, together with those of other connections. */
  scheduleFlush(flush: () => void): void;
}
