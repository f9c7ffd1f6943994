import { describe, expect, it } from 'vitest';
import { encode } from '../bencode/bencode.js';
import { checkInfo, parseInfo, type TorrentInfo } from '../metainfo/torrent-info.js';
import { buildInfo, infoStepsPerTurn } from './build-info.js';

/** A clock of which nothing is used but turns, which are taken by hand. */
function turnsByHand() {
  const waiting: (() => void)[] = [];
  const unused = (): never => {
    throw new Error('not used here');
  };
  const clock = {
    now: unused,
    wallTimeMs: unused,
    setTimeout: unused,
    setInterval: unused,
    setImmediate: (callback: () => void) => {
      waiting.push(callback);
      return {} as ReturnType<Parameters<typeof buildInfo>[1]['setImmediate']>;
    },
    clear: unused,
  };
  return { clock, waiting };
}

/** Metadata of so many files, half of them of one name. */
function metadata(fileCount: number): Uint8Array {
  const files = Array.from({ length: fileCount }, (_, i) => ({
    length: 1,
    path: ['f', i % 2 ? 'same' : `${i}`],
  }));
  const pieceLength = 16 * 1024;
  const pieces = new Uint8Array(20 * Math.ceil(fileCount / pieceLength));
  return encode({ files, name: 'many', 'piece length': pieceLength, pieces });
}

describe('buildInfo', () => {
  it('is done at once where there is little', () => {
    const { clock, waiting } = turnsByHand();
    const made: TorrentInfo[] = [];
    const raw = metadata(900);
    buildInfo(
      checkInfo(raw),
      clock,
      () => false,
      (info) => made.push(info),
    );
    expect(made).toEqual([parseInfo(raw)]);
    expect(waiting).toEqual([]);
  });

  it('takes turns in which a bounded number of paths is looked at, and makes the same', () => {
    const { clock, waiting } = turnsByHand();
    const made: TorrentInfo[] = [];
    const raw = metadata(10_000);
    const total = [...checkInfo(raw).steps()].length;
    // A few steps a file, however names collide: that they are bounded in number bounds a turn.
    expect(total).toBe(4 * 10_000);
    buildInfo(
      checkInfo(raw),
      clock,
      () => false,
      (info) => made.push(info),
    );
    let turns = 1;
    for (let turn = waiting.shift(); turn; turn = waiting.shift()) {
      expect(made).toEqual([]);
      expect(waiting).toEqual([]);
      turn();
      turns++;
    }
    expect(turns).toBe(Math.floor(total / infoStepsPerTurn) + 1);
    expect(made[0]?.layout).toEqual(parseInfo(raw).layout);
    expect(made).toHaveLength(1);
  });

  it('goes no further once nobody waits for it', () => {
    const { clock, waiting } = turnsByHand();
    let isGone = false;
    const made: TorrentInfo[] = [];
    buildInfo(
      checkInfo(metadata(10_000)),
      clock,
      () => isGone,
      (info) => made.push(info),
    );
    isGone = true;
    waiting.shift()?.();
    expect(waiting).toEqual([]);
    expect(made).toEqual([]);
  });
});
