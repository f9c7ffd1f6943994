import { writeFileSync } from 'node:fs';
import { formatEndpoint } from '@peerloom/core';
import { CliBench, type CliProcess } from './cli-process.fake.js';
import { StallingSeed, type TestTorrent } from './stalling-seed.fake.js';

/** A folder with torrent files, and seeds in this process. */
export class DownloadBench extends CliBench {
  readonly #seeds: StallingSeed[] = [];

  /** Writes `<name>.torrent`. */
  put(torrent: TestTorrent): void {
    writeFileSync(this.path(`${torrent.metainfo.info.name}.torrent`), torrent.file);
  }

  /** Starts a seed that serves so many blocks; answers with its address. */
  async seed(torrent: TestTorrent, servedBlocks = Number.POSITIVE_INFINITY): Promise<string> {
    const seed = new StallingSeed(torrent, servedBlocks);
    this.#seeds.push(seed);
    return formatEndpoint(await seed.listen());
  }

  /** Downloads to the folder `out`. */
  download(...args: readonly string[]): CliProcess {
    return this.start(['download', '-o', 'out', ...args]);
  }

  override async close(): Promise<void> {
    await super.close();
    for (const seed of this.#seeds) await seed.stop();
  }
}

/** An address of this machine where nobody listens. */
export const nobody = '127.0.0.1:1';
