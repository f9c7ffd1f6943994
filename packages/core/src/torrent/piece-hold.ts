import type { PluginScope } from '../dispatch/plugin-scope.js';
import type { PieceHold } from '../plugin/torrent-context.js';
import type { Clock } from '../ports/clock.js';
import type { PieceDownload } from './piece-download.js';

const pieceHoldMs = 10_000;

/**
 * Keeps a failed piece's blocks for a plugin until it releases them, leaves, or its time is up: then `onRelease`
 * is called, once.
 */
export function openPieceHold(
  download: PieceDownload,
  scope: PluginScope,
  clock: Clock,
  onRelease: () => void,
): PieceHold {
  download.holds++;
  scope.usage.holds++;
  let isOpen = true;
  const release = (): void => {
    if (!isOpen) return;
    isOpen = false;
    scope.usage.holds--;
    clock.clear(timer);
    disown();
    onRelease();
  };
  const timer = clock.setTimeout(release, pieceHoldMs);
  const disown = scope.own(release);
  return {
    release,
    get isOpen() {
      return isOpen && download.phase === 'failed';
    },
  };
}
