import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const memoryDisk = '/dev/shm';

/** A folder for one run, gone when the process ends. */
export interface Scratch {
  readonly folder: string;
  /** What it lies on, for people. */
  readonly medium: string;
}

/** Makes a folder on the memory disk where there is one, else among the temporary files. */
export function makeScratch(): Scratch {
  const inMemory = isWritable(memoryDisk);
  const parent = inMemory ? memoryDisk : tmpdir();
  const folder = mkdtempSync(join(parent, 'peerloom-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { folder, medium: inMemory ? `the memory disk ${parent}` : `${parent}, which may be a slow disk` };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
