import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { requireBuiltWorker, TorrentFixture, temporaryFolder } from './disk-fixture.fake.js';
import { Opening } from './resume-rig.fake.js';

vi.setConfig({ testTimeout: 120_000 });

const builtEntry = new URL('../../dist/index.js', import.meta.url);
const kib = 1024;
const kills = 12;

beforeAll(() => {
  requireBuiltWorker();
  if (!existsSync(fileURLToPath(builtEntry))) throw new Error('dist/index.js is missing: build first');
});

/** 120 pieces of 48 KiB in files that end inside of pieces. */
function fixture(seed: number): TorrentFixture {
  const lengths = [700, 3, 1900, 1000, 2157];
  return new TorrentFixture(
    48 * kib,
    lengths.map((length, file) => ({ path: `t/${file}`, lengthBytes: length * kib })),
    seed,
  );
}

/**
 * A process of its own that goes on with a torrent as the engine does: it takes the data, checks what has to
 * be, keeps that, writes what is missing, and says which pieces it has once their write has returned.
 */
const program = `
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
const { entry, root, threads, layout, dataPath, savesEvery, first } = JSON.parse(process.argv[1]);
const { Bitfield, FileStorage } = await import(entry);
const data = readFileSync(dataPath);
const slotLength = 16384, slotCount = 64;
const memory = new SharedArrayBuffer(slotLength * slotCount);
const slots = { memory, slotLength, capacity: slotCount, freeCount: 0 };
const storage = new FileStorage({ root, threads });
const torrent = await storage.open(layout, slots);
const pieceBytes = (piece) => data.subarray(piece * layout.pieceLength, Math.min(data.length, (piece + 1) * layout.pieceLength));
const hashOf = (piece) => createHash('sha1').update(pieceBytes(piece)).digest();
const say = (line) => process.stdout.write(JSON.stringify(line) + '\\n');
await torrent.resume.lock();
const resumed = await torrent.resume.load();
const have = resumed?.trusted ?? new Bitfield(layout.pieceCount);
const toCheck = resumed?.toCheck ?? [];
for (const piece of toCheck) if ((await torrent.hashPiece(piece, hashOf(piece))) === 'ok') have.add(piece);
const save = () => torrent.resume.save(() => ({ have: have.clone(), blocks: new Map() }));
await save();
say({ ready: true });
let written = 0;
async function lane(number, slotsOfLane) {
  for (let offset = number; offset < layout.pieceCount; offset += 4) {
    const piece = (first + offset * 7) % layout.pieceCount;
    if (have.has(piece)) continue;
    const bytes = pieceBytes(piece);
    const used = slotsOfLane.slice(0, Math.ceil(bytes.length / slotLength));
    new Uint8Array(memory, used[0] * slotLength, bytes.length).set(bytes);
    say({ begins: piece });
    await torrent.writePiece(piece, used, hashOf(piece));
    have.add(piece);
    say({ has: piece });
    if (++written % savesEvery === 0) await save();
  }
}
await Promise.all([0, 1, 2, 3].map((number) => lane(number, [0, 1, 2].map((slot) => number * 3 + slot))));
say({ finished: true });
setInterval(() => undefined, 1000);
`;

interface Line {
  readonly ready?: true;
  readonly begins?: number;
  readonly has?: number;
  readonly finished?: true;
}

/** Runs it until it has said `count` lines, and kills it. What it said. */
async function runAndKill(job: object, count: number): Promise<readonly Line[]> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--input-type=module', '-e', program, JSON.stringify(job)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const gone = once(child, 'exit');
  const lines: Line[] = [];
  if (child.stdout) {
    for await (const text of createInterface(child.stdout)) {
      lines.push(JSON.parse(text) as Line);
      if (lines.length >= count || lines.at(-1)?.finished) child.kill('SIGKILL');
    }
  }
  await gone;
  return lines;
}

describe.each([
  { mode: 'inline', threads: 0 },
  { mode: 'in two workers', threads: 2 },
])('a process that writes $mode and is killed at any moment', ({ threads }) => {
  it('leaves what the next one trusts rightly: it checks only what was begun and not ended', async () => {
    const torrent = fixture(threads + 1);
    const root = temporaryFolder();
    const dataPath = join(temporaryFolder(), 'data');
    writeFileSync(dataPath, torrent.data);
    const { layout } = torrent;
    let random = 12_345 + threads;
    const next = (below: number): number => {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
      return random % below;
    };
    let known: readonly number[] = [];
    let checks = 0;
    for (let kill = 0; kill < kills; kill++) {
      const job = {
        entry: builtEntry.href,
        root,
        threads,
        layout,
        dataPath,
        savesEvery: 9,
        first: next(120),
      };
      const lines = await runAndKill(job, 2 + next(24));
      const has = [...known, ...lines.flatMap((line) => (line.has === undefined ? [] : [line.has]))];
      const begun = lines.flatMap((line) => (line.begins === undefined ? [] : [line.begins]));

      // Not to take what the killed process had: a lock whose process is gone is free.
      const opening = await Opening.open(root, 0, torrent);
      const resumed = await opening.resume();
      await opening.storage.close();
      const toCheck = resumed?.toCheck ?? [];
      checks += toCheck.length;
      expect(resumed?.changed).toBe(undefined);
      // Four are written at one time; what it has not said any more may have begun as well.
      expect(toCheck.length).toBeLessThanOrEqual(8);
      for (const piece of has) expect(resumed?.trusted.has(piece) || toCheck.includes(piece)).toBe(true);
      const trusted: number[] = [];
      resumed?.trusted.forEach((piece) => {
        trusted.push(piece);
        expect(hashOnDisk(root, torrent, piece)).toBe(true);
      });
      expect(new Set([...known, ...begun]).size).toBeGreaterThanOrEqual(known.length);
      known = trusted;
    }
    expect(known.length).toBeGreaterThan(20);
    // Nearly all that was written needed no check.
    expect(checks).toBeLessThanOrEqual(kills * 8);
  });
});

/** Whether the bytes of a piece in the files are those of the torrent. */
function hashOnDisk(root: string, { layout, data }: TorrentFixture, piece: number): boolean {
  const begin = piece * layout.pieceLength;
  const end = Math.min(begin + layout.pieceLength, data.length);
  let at = 0;
  for (const { path, lengthBytes } of layout.files) {
    const [from, to] = [Math.max(begin, at), Math.min(end, at + lengthBytes)];
    if (from < to) {
      const found = readFileSync(join(root, ...path)).subarray(from - at, to - at);
      if (Buffer.compare(found, data.subarray(from, to)) !== 0) return false;
    }
    at += lengthBytes;
  }
  return true;
}
