import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type CreateTorrentOptions, createTorrent, type Metainfo, parseMetainfo } from '@peerloom/core';
import type { ScenarioFigure } from '../scenario.js';
import { sha1OfFile, writeGeneratedFile } from './generated-data.js';
import type { Swarm } from './swarm.js';
import type { SwarmNode } from './swarm-node.js';

/** What to make a {@link SharedFile} of. */
export interface SharedFileOptions extends Omit<CreateTorrentOptions, 'signal'> {
  /** Names the file and, since its bytes follow from it, what is in it. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Names of the nodes that have it from the start. */
  readonly owners: readonly string[];
}

/** The file that a swarm shares, made of bytes that look random and are the same each time. */
export class SharedFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the original, in hexadecimal: taken as it was written, not from the torrent. */
  readonly sha1: string;
  readonly metainfo: Metainfo;

  private constructor(name: string, sizeBytes: number, sha1: string, metainfo: Metainfo) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.sha1 = sha1;
    this.metainfo = metainfo;
  }

  /** Writes it into the folders of its owners, and makes its torrent. Rejects with what `swarm.signal` aborts with. */
  static async create(
    swarm: Swarm,
    { name, sizeBytes, owners, ...options }: SharedFileOptions,
  ): Promise<SharedFile> {
    const { signal } = swarm;
    let [path, sha1] = ['', ''];
    for (const owner of owners) {
      const folder = join(swarm.folder, owner);
      await mkdir(folder);
      path = join(folder, name);
      sha1 = await writeGeneratedFile(path, { sizeBytes, seed: name, signal });
    }
    const torrent = await swarm.wait(createTorrent(path, { ...options, signal }));
    return new SharedFile(name, sizeBytes, sha1, parseMetainfo(torrent));
  }

  /** How many of these nodes have a file on the disk that has the SHA-1 of the original. */
  async countCopies(swarm: Swarm, nodes: readonly SwarmNode[]): Promise<number> {
    swarm.note('verifying every copy against the original');
    const copies = await Promise.all(
      nodes.map(({ folder }) => sha1OfFile(join(folder, this.name), swarm.signal)),
    );
    return copies.filter((copy) => copy === this.sha1).length;
  }

  /** How many of the copies that there should be are right, and what the original is. */
  figures(verifiedCount: number, copyCount: number): readonly ScenarioFigure[] {
    return [
      {
        name: 'verifiedCopies',
        label: 'verified copies',
        value: `${verifiedCount} of ${copyCount}`,
        unit: 'text',
      },
      { name: 'sha1', label: 'SHA-1', value: this.sha1, unit: 'text' },
    ];
  }
}
