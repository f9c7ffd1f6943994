import type { AlertHub } from '../alerts/alert-hub.js';
import { SessionError } from '../common/errors.js';
import { settleWithin } from '../dispatch/settle-within.js';
import type { Clock } from '../ports/clock.js';
import type { Settings } from '../settings/settings-table.js';

/** Waits for what a stopping session closes, up to `stopDeadlineMs`. What fails or is late is told. */
export async function settleStop(
  session: { readonly clock: Clock; readonly settings: Settings; readonly alerts: AlertHub },
  closed: Promise<unknown>,
): Promise<void> {
  let cause: unknown;
  try {
    if (await settleWithin(session.clock, closed, session.settings.stopDeadlineMs)) return;
  } catch (error) {
    cause = error;
  }
  const error = new SessionError('SESSION_STOP', 'stopping failed in part, or took too long', { cause });
  session.alerts.post('sessionError', { error });
}
