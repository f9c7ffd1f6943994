import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InfoHash } from '@peerloom/core';
import { Child } from './child.js';

const whitelistName = 'access.whitelist';

/**
 * Starts opentracker over HTTP and UDP on 127.0.0.1, with its files in `folder`. Debian's serves the torrents of its
 * whitelist only.
 */
export async function startOpentracker(
  folder: string,
  port: number,
  torrents: readonly InfoHash[],
): Promise<Child> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFile(join(folder, whitelistName), torrents.map(({ hex }) => `${hex}\n`).join(''), {
    mode: 0o644,
  });
  const places = ['-i', '127.0.0.1', '-p', `${port}`, '-P', `${port}`];
  // It goes into the folder before it reads the list: as root that is all that it sees from then on.
  return new Child('opentracker', [...places, '-d', folder, '-w', whitelistName]);
}
