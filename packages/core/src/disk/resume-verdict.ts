import { Bitfield, type ReadonlyBitfield } from '../common/bitfield.js';
import type { FileStatus, StorageLayout } from '../ports/storage.js';
import { type ExtentMap, pieceSize } from './extent-map.js';
import type { FileMark, JournalRecord } from './journal-record.js';
import type { ResumeSnapshot } from './resume-snapshot.js';

/** What was kept of a torrent, and how its files are now. */
export interface ResumeEvidence {
  readonly layout: StorageLayout;
  readonly map: ExtentMap;
  readonly snapshot: ResumeSnapshot | undefined;
  /** What was journaled since, in order. */
  readonly records: readonly JournalRecord[];
  /** The machine has not been started anew since: everything that was written is there. */
  readonly isSameBoot: boolean;
  /** Of every file, in order of the layout. */
  readonly statuses: readonly FileStatus[];
  /** Files that we have put in their place since, of pieces that were kept aside: these pieces, by file. */
  readonly restored?: ReadonlyMap<number, ReadonlySet<number>>;
}

/** What follows from it. */
export interface ResumeVerdict {
  readonly trusted: Bitfield;
  readonly toCheck: readonly number[];
  readonly blocks: ReadonlyMap<number, ReadonlyBitfield>;
  /** Files that are not as we left them. */
  readonly changedFiles: readonly number[];
}

/** A look that a file had at a moment, counted in records. */
interface Look extends FileMark {
  readonly moment: number;
}

interface Begun {
  readonly moment: number;
  /** The latest time of a file that was known then: what was written afterwards is not older. */
  readonly knownMs: number;
}

/** Goes through what was kept, in the order in which it happened. */
class History {
  readonly have: Bitfield;
  /** Pieces begun and not ended. */
  readonly begun = new Map<number, Begun>();
  /** Pieces written since the snapshot. */
  readonly doneSince = new Set<number>();
  /** How each file may look that nobody else has changed. */
  readonly looks = new Map<number, Look[]>();
  #latestMs = Number.NEGATIVE_INFINITY;
  #moment = 0;

  constructor({ layout, snapshot, records }: ResumeEvidence) {
    this.have = snapshot?.have.clone() ?? new Bitfield(layout.pieceCount);
    for (const mark of snapshot?.files ?? []) this.#look(mark);
    for (const record of records) {
      this.#moment++;
      this.#replay(record);
    }
  }

  #replay(record: JournalRecord): void {
    if (record.kind === 'opened' || record.piece >= this.have.length) return;
    const { piece } = record;
    if (record.kind === 'begin') {
      // Of a piece begun twice, the earlier one: between them is a write that was not ended.
      if (!this.begun.has(piece)) this.begun.set(piece, { moment: this.#moment, knownMs: this.#latestMs });
      return;
    }
    const begun = this.begun.get(piece);
    this.begun.delete(piece);
    if (record.kind === 'done') {
      this.have.add(piece);
      this.doneSince.add(piece);
    }
    for (const mark of record.files) {
      this.#outdate(mark.file, begun?.moment ?? Number.NEGATIVE_INFINITY);
      this.#look(mark);
    }
  }

  /**
   * How a file looked before this write began it does not look any more. Several threads write at the same time:
   * what one of them saw while this write was under way may be later than what this one saw.
   */
  #outdate(file: number, moment: number): void {
    const looks = this.looks.get(file);
    if (looks === undefined) return;
    const left = looks.filter((look) => look.moment >= moment);
    this.looks.set(file, left);
  }

  #look(mark: FileMark): void {
    const looks = this.looks.get(mark.file) ?? [];
    looks.push({ ...mark, moment: this.#moment });
    this.looks.set(mark.file, looks);
    if (mark.modifiedMs > this.#latestMs) this.#latestMs = mark.modifiedMs;
  }
}

function isSame(mark: FileMark, { lengthBytes, modifiedMs }: FileStatus): boolean {
  if (lengthBytes === undefined) return Number.isNaN(mark.lengthBytes);
  return mark.lengthBytes === lengthBytes && mark.modifiedMs === modifiedMs;
}

/** Whether a write that was begun and not ended explains how a file looks that is not as we left it. */
function isExplained(looks: readonly Look[], begun: readonly Begun[], status: FileStatus): boolean {
  const { lengthBytes, modifiedMs = Number.NEGATIVE_INFINITY } = status;
  if (lengthBytes === undefined) return false;
  // Nothing that we write makes a file shorter, or older.
  if (looks.some((look) => look.lengthBytes > lengthBytes || look.modifiedMs > modifiedMs)) return false;
  return begun.some(({ knownMs }) => modifiedMs >= knownMs);
}

/**
 * Decides which pieces need no check. A file that looks as it did after our last write to it, or that a
 * write of ours which was cut off explains, is ours: of its pieces only those that were begun and not
 * ended are checked. So is one that was not there and that we have made of parts: pieces without a part are
 * checked too. Of any other file all pieces are. After a start of the machine what was written since the last
 * snapshot may not have reached the medium, and is checked as well.
 */
export function judgeResume(evidence: ResumeEvidence): ResumeVerdict {
  const { layout, map, snapshot, isSameBoot, statuses, restored } = evidence;
  const { have, begun, doneSince, looks } = new History(evidence);
  const begunByFile = new Map<number, Begun[]>();
  for (const [piece, begin] of begun) {
    for (const { file } of map.extents(piece, 0, pieceSize(layout, piece))) {
      begunByFile.set(file, [...(begunByFile.get(file) ?? []), begin]);
    }
  }
  const toCheck = new Set<number>([...begun.keys(), ...(isSameBoot ? [] : doneSince)]);
  const changedFiles: number[] = [];
  const changedPieces = new Set<number>();
  for (const [file, { lengthBytes, isPad }] of layout.files.entries()) {
    if (isPad || lengthBytes === 0) continue;
    const status = statuses[file] ?? { lengthBytes: undefined, modifiedMs: undefined };
    const known = looks.get(file) ?? [];
    if (known.some((look) => isSame(look, status))) continue;
    if (isExplained(known, begunByFile.get(file) ?? [], status)) continue;
    // Of a file that was not there and of which nothing is known nobody has changed anything.
    if (known.length === 0 && status.lengthBytes === undefined) continue;
    const range = map.piecesOf(file);
    const parts = known.every((look) => Number.isNaN(look.lengthBytes)) ? restored?.get(file) : undefined;
    if (parts) {
      for (let piece = range?.first ?? 0; range && piece <= range.last; piece++) {
        if (have.has(piece) && !parts.has(piece)) toCheck.add(piece);
      }
      continue;
    }
    changedFiles.push(file);
    for (let piece = range?.first ?? 0; range && piece <= range.last; piece++) changedPieces.add(piece);
  }
  for (const piece of changedPieces) toCheck.add(piece);
  for (const piece of toCheck) have.delete(piece);
  const blocks = new Map<number, ReadonlyBitfield>();
  for (const [piece, bits] of snapshot?.blocks ?? []) {
    if (!have.has(piece) && !changedPieces.has(piece)) blocks.set(piece, bits);
  }
  return { trusted: have, toCheck: [...toCheck].sort((a, b) => a - b), blocks, changedFiles };
}
