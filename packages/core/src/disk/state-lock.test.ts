import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './disk-fixture.fake.js';
import { type ProcessIdentity, type ProcessTable, systemProcesses } from './process-identity.js';
import { StateLock } from './state-lock.js';

const locked = expect.objectContaining({ name: 'StorageError', code: 'STORAGE_LOCKED' });

/** Processes that a test makes up. */
class FakeProcesses {
  readonly alive = new Set<number>();

  /** The table as one of them sees it. */
  as(pid: number): ProcessTable {
    this.alive.add(pid);
    return { self: identity(pid), isAlive: (other) => this.alive.has(other.pid) };
  }
}

function identity(pid: number): ProcessIdentity {
  return { pid, startTime: '1', bootId: 'boot' };
}

/** A process that does nothing, until it is killed. */
async function startProcess(): Promise<{ readonly pid: number; kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

describe('the lock of a folder', () => {
  it('is had by one at a time, and free once it is given back', async () => {
    const folder = join(temporaryFolder(), 'state', 'torrent');
    const first = await StateLock.acquire(folder);
    await expect(StateLock.acquire(folder)).rejects.toEqual(locked);
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    await first.release();
    const second = await StateLock.acquire(folder);
    // Given back twice it is not taken from somebody else.
    await first.release();
    await expect(StateLock.acquire(folder)).rejects.toEqual(locked);
    await second.release();
  });

  it('leaves no folder behind that was made for it, and each with something in it', async () => {
    const root = temporaryFolder();
    await (await StateLock.acquire(join(root, 'new', 'deep', '.state', 'torrent'))).release();
    expect(readdirSync(root)).toEqual([]);
    mkdirSync(join(root, 'old'));
    const lock = await StateLock.acquire(join(root, 'old', '.state', 'torrent'));
    await lock.release();
    expect(readdirSync(join(root, 'old'))).toEqual([]);
    const kept = await StateLock.acquire(join(root, 'old', '.state', 'torrent'));
    writeFileSync(join(root, 'old', '.state', 'torrent', 'resume'), '');
    await kept.release();
    expect(readdirSync(join(root, 'old', '.state', 'torrent'))).toEqual(['resume']);
  });

  it('of a process that was killed is taken over, of one that runs is not', async () => {
    const folder = temporaryFolder();
    const other = await startProcess();
    try {
      const table = { ...systemProcesses, self: { ...systemProcesses.self, pid: other.pid } };
      // As that process would have written it.
      const startTime = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
      await StateLock.acquire(folder, {
        self: { ...table.self, startTime },
        isAlive: () => false,
      });
      await expect(StateLock.acquire(folder)).rejects.toEqual(locked);
    } finally {
      await other.kill();
    }
    await (await StateLock.acquire(folder)).release();
    expect(existsSync(folder)).toBe(false);
  });

  it('is not held by another process of the same number, nor by one before the machine was started', async () => {
    const { self } = systemProcesses;
    for (const gone of [{ startTime: '1' }, { bootId: 'another' }]) {
      const folder = temporaryFolder();
      await StateLock.acquire(folder, { self: { ...self, ...gone }, isAlive: () => false });
      await (await StateLock.acquire(folder)).release();
    }
  });

  it.each(['', '{', '[]', '{"pid":0}', '{"pid":"x"}', 'null'])(
    'that reads %j is nobody’s, unless it is so new that it may be on its way',
    async (content) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'lock'), content);
      await expect(StateLock.acquire(folder)).rejects.toEqual(locked);
      expect(readdirSync(folder)).toEqual(['lock']);
      expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe(content);
      utimesSync(join(folder, 'lock'), 0, 0);
      await (await StateLock.acquire(folder)).release();
    },
  );

  it('tells what is in its place', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'lock'));
    const error = expect.objectContaining({ code: 'STORAGE_NOT_A_FILE' });
    await expect(StateLock.acquire(folder)).rejects.toEqual(error);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    await expect(StateLock.acquire(folder)).rejects.toEqual(error);
  });

  it('goes to one at most of many that want it at the same moment, of a dead process too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 2, max: 6 }),
        async (stale, claim, count) => {
          const folder = temporaryFolder();
          const processes = new FakeProcesses();
          const dead = `${JSON.stringify({ ...identity(999), id: 'x' })}\n`;
          if (stale) writeFileSync(join(folder, 'lock'), dead);
          if (claim) writeFileSync(join(folder, 'lock.next'), dead);
          const tries = Array.from({ length: count }, (_, pid) =>
            StateLock.acquire(folder, processes.as(pid + 1)),
          );
          const results = await Promise.allSettled(tries);
          const got = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
          expect(got.length).toBeLessThanOrEqual(1);
          for (const result of results)
            if (result.status === 'rejected') expect(result.reason).toEqual(locked);
          for (const lock of got) await lock.release();
          // Whoever comes later gets it.
          await (await StateLock.acquire(folder, processes.as(99))).release();
        },
      ),
      { numRuns: 60 },
    );
  });
});
