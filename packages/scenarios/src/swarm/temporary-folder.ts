import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs `use` with a new folder, which is removed afterwards, however that ends: also where the process
 * exits meanwhile.
 */
export async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'peerloom-swarm-'));
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeAtExit);
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
    process.removeListener('exit', removeAtExit);
  }
}
