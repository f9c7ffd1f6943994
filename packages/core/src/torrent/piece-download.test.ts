import { describe, expect, it } from 'vitest';
import { fakePeerState } from '../peer/peer-state.fake.js';
import { PieceDownload } from './piece-download.js';

describe('who sent the blocks of a piece', () => {
  it('is remembered for 64 second copies, and no more', () => {
    const download = new PieceDownload(0, 1, false);
    for (let copy = 0; copy < 64; copy++) download.addDuplicate(0, fakePeerState(copy), new Uint8Array(20));
    expect(download.sources()).toHaveLength(64);
    download.addDuplicate(0, fakePeerState(64), new Uint8Array(20));
    expect(download.sources()).toHaveLength(64);
  });
});
