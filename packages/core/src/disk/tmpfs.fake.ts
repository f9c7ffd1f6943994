import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, in memory, for a test. */
export interface TestFileSystem {
  readonly folder: string;
  /** Lets nothing be written to it, or lets it again. */
  setReadOnly(isReadOnly: boolean): void;
  unmount(): void;
}

function mount(folder: string, options: string): string | undefined {
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

/** Mounts a file system of `sizeBytes`; where this process may not, the reason. */
export function mountTestFileSystem(sizeBytes: number): TestFileSystem | string {
  const folder = mkdtempSync(join(tmpdir(), 'peerloom-mount-'));
  const refusal = mount(folder, `size=${sizeBytes}`);
  if (refusal !== undefined) {
    rmSync(folder, { recursive: true });
    return refusal;
  }
  return {
    folder,
    setReadOnly: (isReadOnly) => {
      const failed = mount(folder, `remount,${isReadOnly ? 'ro' : 'rw'},size=${sizeBytes}`);
      if (failed !== undefined) throw new Error(failed);
    },
    unmount: () => {
      spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
