import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { PeerloomError } from '../common/errors.js';
import { temporaryFolder } from '../disk/disk-fixture.fake.js';
import { encodeSessionState } from './session-state.js';
import { SessionStateFile } from './session-state-file.js';

// Each damage is two flushes, on a machine that is busy with other things.
vi.setConfig({ testTimeout: 60_000 });

const first = encodeSessionState([{ principal: 'alice' }], new Map());
const second = encodeSessionState([{ principal: 'bob' }], new Map([['pex', 5]]));
const stateError = expect.objectContaining({ code: 'SESSION_STATE' });

function stateFile(): SessionStateFile {
  return new SessionStateFile(join(temporaryFolder(), 'not-there-yet', 'session'));
}

describe('the file of a session’s state', () => {
  it('gives what was saved last, also to another object', async () => {
    const file = stateFile();
    expect(await file.load()).toEqual({ state: undefined, problem: undefined });
    await file.save(first);
    await file.save(second);
    expect(await new SessionStateFile(file.path).load()).toEqual({ state: second, problem: undefined });
    expect(readdirSync(join(file.path, '..')).sort()).toEqual(['session', 'session.previous']);
  });

  it('saves in the order of the calls', async () => {
    const file = stateFile();
    await Promise.all([file.save(first), file.save(second), file.save(first), file.save(second)]);
    expect((await file.load()).state).toEqual(second);
  });

  it('keeps what several have merged into it at the same time, each after the other', async () => {
    const { path } = stateFile();
    const names = ['a', 'b', 'c', 'd'];
    const merge = async (principal: string): Promise<void> => {
      const file = new SessionStateFile(path);
      for (;;) {
        const state = encodeSessionState([{ principal }], new Map());
        const isDone = await file.merge(undefined, state).then(
          () => true,
          (error: PeerloomError) => {
            expect(error.code).toBe('STORAGE_LOCKED');
            return false;
          },
        );
        if (isDone) return;
      }
    };
    await Promise.all(names.map(merge));
    const { state } = await new SessionStateFile(path).load();
    for (const name of names) expect(Buffer.from(state ?? []).includes(name)).toBe(true);
    expect(readdirSync(join(path, '..')).sort()).toEqual(['session', 'session.previous']);
  });

  it('is empty again once it was deleted', async () => {
    const file = stateFile();
    await file.save(first);
    await file.save(second);
    rmSync(file.path);
    expect(await file.load()).toEqual({ state: undefined, problem: undefined });
  });

  it('goes back to the state before where any byte is damaged or missing, keeps the damaged one, and says so', async () => {
    const file = stateFile();
    await file.save(first);
    await file.save(second);
    const good = readFileSync(file.path);
    for (let at = 0; at < good.length; at++) {
      const flipped = Uint8Array.from(good);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      for (const bytes of [flipped, good.subarray(0, at)]) {
        writeFileSync(file.path, bytes);
        expect(await file.load()).toEqual({ state: first, problem: stateError });
      }
    }
    expect(readFileSync(`${file.path}.damaged`)).toEqual(good.subarray(0, good.length - 1));
    await file.save(second);
    expect(await file.load()).toEqual({ state: second, problem: undefined });
    writeFileSync(file.path, '');
    expect((await file.load()).state).toEqual(first);
  });

  it('has nothing where both are damaged', async () => {
    const file = stateFile();
    await file.save(first);
    await file.save(second);
    writeFileSync(file.path, 'x');
    writeFileSync(`${file.path}.previous`, 'x');
    expect(await file.load()).toEqual({ state: undefined, problem: stateError });
  });

  it('does not take for a state what is none, and keeps what was saved', async () => {
    const file = stateFile();
    await file.save(first);
    await expect(file.save(second.subarray(1))).rejects.toEqual(stateError);
    expect((await file.load()).state).toEqual(first);
  });

  it('says what is in its place, and leaves it there', async () => {
    const file = stateFile();
    mkdirSync(file.path, { recursive: true });
    const problem = expect.objectContaining({ code: 'STORAGE_NOT_A_FILE' });
    expect(await file.load()).toEqual({ state: undefined, problem });
    await expect(file.save(first)).rejects.toEqual(problem);
  });
});
