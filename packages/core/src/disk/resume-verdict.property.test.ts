import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitfield } from '../common/bitfield.js';
import type { FileStatus, StorageLayout } from '../ports/storage.js';
import { ExtentMap } from './extent-map.js';
import type { FileMark, JournalRecord } from './journal-record.js';
import type { ResumeSnapshot } from './resume-snapshot.js';
import { judgeResume } from './resume-verdict.js';

/** Pieces of 10 bytes: one in two files, one in three. */
const lengths = [25, 3, 42, 20];
const layout: StorageLayout = {
  files: lengths.map((lengthBytes, file) => ({ path: ['t', String(file)], lengthBytes, isPad: false })),
  pieceLength: 10,
  pieceCount: 9,
  totalLength: 90,
};
const map = new ExtentMap(layout);
const lanes = 3;

interface ModelFile {
  lengthBytes: number | undefined;
  modifiedMs: number;
}

interface LaneWork {
  readonly piece: number;
  /** What is left to write, first one first. */
  readonly files: { readonly file: number; readonly end: number }[];
  /** That the write is done, seen and not yet appended. */
  done: JournalRecord | undefined;
}

/**
 * A torrent that several threads write at the same time, step by step: begin is appended, files are written one
 * by one, looked at, and that it is done is appended later. Between any two steps others go on, and the process
 * may end.
 */
class Model {
  readonly files: ModelFile[] = lengths.map(() => ({ lengthBytes: undefined, modifiedMs: 0 }));
  readonly records: JournalRecord[] = [];
  readonly right = new Set<number>();
  readonly lanes: (LaneWork | undefined)[] = [];
  snapshot: ResumeSnapshot | undefined;
  #now = 1000;

  /** Time is coarse: several steps have the same. */
  tick(): void {
    this.#now++;
  }

  step(lane: number, next: number): void {
    const work = this.lanes[lane];
    if (work === undefined) this.#begin(lane, next);
    else if (work.done !== undefined) this.#append(lane, work.done);
    else if (work.files.length > 0) this.#write(work);
    else work.done = { kind: 'done', piece: work.piece, files: this.#marks(work.piece) };
  }

  #begin(lane: number, next: number): void {
    const open = new Set(this.lanes.map((work) => work?.piece));
    const missing = [...Array(layout.pieceCount).keys()].filter((p) => !this.right.has(p) && !open.has(p));
    const piece = missing[next % Math.max(1, missing.length)];
    if (piece === undefined) return;
    this.records.push({ kind: 'begin', piece });
    const files = map.extents(piece, 0, 10).map(({ file, position, lengthBytes }) => {
      return { file, end: position + lengthBytes };
    });
    this.lanes[lane] = { piece, files, done: undefined };
  }

  #write(work: LaneWork): void {
    const { file, end } = work.files.shift() ?? { file: 0, end: 0 };
    const target = this.files[file];
    if (target === undefined) return;
    target.lengthBytes = Math.max(target.lengthBytes ?? 0, end);
    target.modifiedMs = this.#now;
    if (work.files.length === 0) this.right.add(work.piece);
  }

  #append(lane: number, done: JournalRecord): void {
    this.records.push(done);
    this.lanes[lane] = undefined;
  }

  #marks(piece: number): FileMark[] {
    return map.extents(piece, 0, 10).map(({ file }) => this.#mark(file));
  }

  #mark(file: number): FileMark {
    const { lengthBytes = Number.NaN, modifiedMs = 0 } = this.files[file] ?? {};
    return { file, lengthBytes, modifiedMs: Number.isNaN(lengthBytes) ? Number.NaN : modifiedMs };
  }

  /** As the engine does it: all that has ended, and then what follows is in a new journal. */
  save(): void {
    const have = new Bitfield(layout.pieceCount);
    const ended = [...this.records];
    this.records.length = 0;
    const before = this.snapshot?.have;
    before?.forEach((piece) => {
      have.add(piece);
    });
    for (const record of ended) if (record.kind === 'done') have.add(record.piece);
    // Threads whose job goes on end it before the journal changes.
    for (const [lane, work] of this.lanes.entries()) {
      if (work === undefined) continue;
      while (work.files.length > 0) this.#write(work);
      have.add(work.piece);
      this.lanes[lane] = undefined;
    }
    const files = lengths.map((_, file) => this.#mark(file));
    this.snapshot = { sequence: 0, have, blocks: new Map(), files };
  }

  /** Somebody else changes a file: all of its pieces are wrong from then on. */
  edit(file: number, lengthBytes: number | undefined, byMs: number): void {
    const target = this.files[file];
    if (target === undefined) return;
    target.lengthBytes = lengthBytes;
    target.modifiedMs += byMs;
    const range = map.piecesOf(file);
    for (let piece = range?.first ?? 0; range && piece <= range.last; piece++) this.right.delete(piece);
  }

  judge(isSameBoot: boolean): ReturnType<typeof judgeResume> {
    const statuses: FileStatus[] = this.files.map(({ lengthBytes, modifiedMs }) =>
      lengthBytes === undefined ? { lengthBytes, modifiedMs: undefined } : { lengthBytes, modifiedMs },
    );
    const { snapshot, records } = this;
    return judgeResume({ layout, map, snapshot, records, isSameBoot, statuses });
  }
}

const step = fc.oneof(
  { weight: 20, arbitrary: fc.tuple(fc.constant('step' as const), fc.nat(lanes - 1), fc.nat(20)) },
  { weight: 5, arbitrary: fc.constant(['tick'] as const) },
  { weight: 1, arbitrary: fc.constant(['save'] as const) },
);

function run(
  model: Model,
  steps: readonly (readonly ['step', number, number] | readonly ['tick'] | readonly ['save'])[],
) {
  for (const [kind, lane = 0, next = 0] of steps) {
    if (kind === 'step') model.step(lane, next);
    else if (kind === 'tick') model.tick();
    else model.save();
  }
}

const steps = fc.array(step, { maxLength: 120 });

describe('what is trusted after the end of a process at any moment', () => {
  it('is right; only what was begun and not ended is checked; nothing that was ended is lost', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const model = new Model();
        run(model, taken);
        const { trusted, toCheck, changedFiles } = model.judge(true);
        expect(changedFiles).toEqual([]);
        trusted.forEach((piece) => {
          expect(model.right).toContain(piece);
        });
        const open = new Set(model.lanes.map((work) => work?.piece));
        for (const piece of toCheck) expect(open).toContain(piece);
        for (const piece of model.right) expect(trusted.has(piece) || toCheck.includes(piece)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is what was flushed where the machine was started anew', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const model = new Model();
        run(model, taken);
        const { trusted, toCheck } = model.judge(false);
        trusted.forEach((piece) => {
          expect(model.snapshot?.have.has(piece)).toBe(true);
        });
        for (const piece of model.right) expect(trusted.has(piece) || toCheck.includes(piece)).toBe(true);
      }),
    );
  });

  it('has nothing of a file that somebody else has changed since', () => {
    // A time after the end that is not in the documented window: no write was begun, or the time is an earlier one.
    const change = fc.record({
      file: fc.nat(lengths.length - 1),
      lengthBytes: fc.option(fc.nat(60), { nil: undefined }),
      byMs: fc.oneof(fc.integer({ min: -2000, max: -200 }), fc.integer({ min: 1, max: 500 })),
    });
    fc.assert(
      fc.property(steps, change, (taken, { file, lengthBytes, byMs }) => {
        const model = new Model();
        run(model, taken);
        const isIdle = model.lanes.every((work) => work === undefined);
        fc.pre(model.files[file]?.lengthBytes !== undefined && (isIdle || byMs < 0));
        model.edit(file, lengthBytes, byMs);
        model.judge(true).trusted.forEach((piece) => {
          expect(model.right).toContain(piece);
        });
      }),
      { numRuns: 1000 },
    );
  });
});
