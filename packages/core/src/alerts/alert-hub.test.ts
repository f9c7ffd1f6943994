import { describe, expect, it } from 'vitest';
import { InfoHash } from '../common/info-hash.js';
import type { Alert } from './alert.js';
import { AlertHub } from './alert-hub.js';
import { alertMask, defaultAlertMask } from './categories.js';

const infoHash = InfoHash.fromBytes(new Uint8Array(20));

/** Until the microtasks that were queued have run. */
async function turn(): Promise<void> {
  await undefined;
  await undefined;
}

function sinkOf(mask: number) {
  const types: string[] = [];
  return { mask, types, deliver: (alert: Alert) => void types.push(alert.type) };
}

describe('alerts', () => {
  it('reach their readers in order, after the call that raised them', async () => {
    const hub = new AlertHub();
    const sink = sinkOf(defaultAlertMask);
    hub.addSink(sink);
    hub.post('torrentPaused', { infoHash });
    hub.post('torrentResumed', { infoHash });
    expect(sink.types).toEqual([]);
    await turn();
    expect(sink.types).toEqual(['torrentPaused', 'torrentResumed']);
    hub.post('torrentPaused', { infoHash });
    hub.flush();
    await turn();
    expect(sink.types).toEqual(['torrentPaused', 'torrentResumed', 'torrentPaused']);
  });

  it('go to readers of their category only, and are wanted only where there is one', async () => {
    const hub = new AlertHub();
    await turn();
    const torrents = sinkOf(alertMask('torrent'));
    const pieces = sinkOf(alertMask('piece', 'block'));
    hub.addSink(torrents);
    const remove = hub.addSink(pieces);
    hub.post('torrentPaused', { infoHash });
    hub.post('pieceFinished', { infoHash, piece: 1 });
    expect(hub.wants('blockSent')).toBe(true);
    expect(hub.wants('peerBlocked')).toBe(false);
    await turn();
    expect([torrents.types, pieces.types]).toEqual([['torrentPaused'], ['pieceFinished']]);
    remove();
    expect(hub.wants('blockSent')).toBe(false);
    hub.post('pieceFinished', { infoHash, piece: 2 });
    await turn();
    expect(pieces.types).toEqual(['pieceFinished']);
  });

  it('of the first turn wait for a reader that comes later in it; after it nothing is kept for nobody', async () => {
    const hub = new AlertHub();
    hub.post('torrentPaused', { infoHash });
    expect(hub.wants('blockSent')).toBe(false);
    const sink = sinkOf(defaultAlertMask);
    hub.addSink(sink);
    await turn();
    expect(sink.types).toEqual(['torrentPaused']);
    const lonely = new AlertHub();
    expect(lonely.wants('torrentPaused')).toBe(true);
    await turn();
    expect(lonely.wants('torrentPaused')).toBe(false);
  });

  it('of the first turn wait for such a reader, whatever another one that is there already asks for', async () => {
    const hub = new AlertHub();
    hub.addSink(sinkOf(alertMask('session')));
    hub.post('torrentPaused', { infoHash });
    const late = sinkOf(defaultAlertMask);
    hub.addSink(late);
    await turn();
    expect(late.types).toEqual(['torrentPaused']);
    expect(hub.wants('blockSent')).toBe(false);
  });

  it('that a reader raises come after those at hand', async () => {
    const hub = new AlertHub();
    const types: string[] = [];
    hub.addSink({
      mask: defaultAlertMask,
      deliver: ({ type }) => {
        types.push(type);
        if (type === 'torrentPaused') hub.post('sessionStopped', {});
      },
    });
    hub.post('torrentPaused', { infoHash });
    hub.post('torrentResumed', { infoHash });
    await turn();
    await turn();
    expect(types).toEqual(['torrentPaused', 'torrentResumed', 'sessionStopped']);
  });

  it('reach the other readers where one throws, and what it threw is reported', async () => {
    const hub = new AlertHub();
    const errors: unknown[] = [];
    hub.onSinkError = (error) => errors.push(error);
    const error = new Error('broken reader');
    hub.addSink({
      mask: defaultAlertMask,
      deliver: () => {
        throw error;
      },
    });
    const sink = sinkOf(defaultAlertMask);
    hub.addSink(sink);
    hub.post('torrentPaused', { infoHash });
    await turn();
    expect(sink.types).toEqual(['torrentPaused']);
    expect(errors).toEqual([error]);
  });

  it('of a torrent are looked at by those who watch that torrent, and by nobody who watches another', async () => {
    const hub = new AlertHub();
    await turn();
    expect(hub.wants('torrentPaused')).toBe(false);
    const other = InfoHash.fromBytes(new Uint8Array(20).fill(1));
    const looks = { first: 0, second: 0, other: 0 };
    const removeFirst = hub.watchTorrent(infoHash.hex, () => {
      looks.first++;
      removeFirst();
    });
    const removeSecond = hub.watchTorrent(infoHash.hex, () => void looks.second++);
    const removeOther = hub.watchTorrent(other.hex, () => void looks.other++);
    hub.post('torrentPaused', { infoHash });
    hub.post('torrentResumed', { infoHash });
    await turn();
    expect(looks).toEqual({ first: 1, second: 2, other: 0 });
    removeSecond();
    removeSecond();
    expect(hub.wants('torrentPaused')).toBe(true);
    removeOther();
    expect(hub.wants('torrentPaused')).toBe(false);
  });
});
