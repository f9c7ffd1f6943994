import type { CheckedInfo, TorrentInfo } from '../metainfo/torrent-info.js';
import type { Clock } from '../ports/clock.js';

/** How much is done in one turn of the event loop: of ordinary names a few milliseconds' worth. */
export const infoStepsPerTurn = 4_000;

/**
 * Makes the info of metadata that has been checked: at once where it takes one turn, else in as many as it takes,
 * between which everything else goes on. `done` is not called where `isGone` says that nobody waits for it.
 */
export function buildInfo(
  checked: CheckedInfo,
  clock: Clock,
  isGone: () => boolean,
  done: (info: TorrentInfo) => void,
): void {
  const steps = checked.steps();
  const turn = (): void => {
    if (isGone()) return;
    for (let left = infoStepsPerTurn; left > 0; left--) {
      const step = steps.next();
      if (step.done) {
        done(step.value);
        return;
      }
    }
    clock.setImmediate(turn);
  };
  turn();
}
