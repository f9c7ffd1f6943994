import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CreateTorrentOptions,
  createTorrent,
  type Magnet,
  type Metainfo,
  parseMetainfo,
} from '@peerloom/core';
import type { ScenarioCheck } from '../scenario.js';
import { countCheck } from './checks.js';
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

  /** What a magnet link says: nothing but the infohash and the name. */
  get magnet(): Magnet {
    return { infoHash: this.metainfo.info.infoHash, displayName: this.name, trackers: [], peers: [] };
  }

  /** Whether the file of each of these nodes has, on the disk, the SHA-1 of the original. */
  async checkCopies(swarm: Swarm, nodes: readonly SwarmNode[]): Promise<ScenarioCheck> {
    swarm.note('verifying every copy against the original');
    const copies = await Promise.all(
      nodes.map(({ folder }) => sha1IfThere(join(folder, this.name), swarm.signal)),
    );
    const rightCount = copies.filter((copy) => copy === this.sha1).length;
    return countCheck('verifiedCopies', 'copies with the SHA-1 of the original', rightCount, nodes.length);
  }
}

async function sha1IfThere(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await sha1OfFile(path, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
