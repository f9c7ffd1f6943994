import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createTorrent, parseMetainfo } from '@peerloom/core';
import type { NodeProgress, Scenario, ScenarioFigure, ScenarioOptions, ScenarioResult } from '../scenario.js';
import { abortable } from '../swarm/abortable.js';
import { sha1OfFile, writeGeneratedFile } from '../swarm/generated-data.js';
import { SwarmNode } from '../swarm/swarm-node.js';
import { withTemporaryFolder } from '../swarm/temporary-folder.js';

const fileName = 'loopback.bin';
const dataSeed = 'peerloom loopback';
const defaultSizeBytes = 64 * 1024 * 1024;
const pieceLength = 256 * 1024;
const leechNames = ['leech-1', 'leech-2', 'leech-3', 'leech-4'];
const progressPeriodMs = 100;

/** A seed and four leeches, five sessions in one process, over real TCP on loopback. */
export const loopback: Scenario = {
  name: 'loopback',
  about: 'a seed and four leeches share 64 MiB over TCP on this machine, and the result is verified',
  run: (options) => withTemporaryFolder((folder) => runIn(folder, options)),
};

async function runIn(folder: string, options: ScenarioOptions): Promise<ScenarioResult> {
  const { report, sizeBytes = defaultSizeBytes } = options;
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  signal.throwIfAborted();
  const makeNode = (name: string, role: NodeProgress['role']): SwarmNode =>
    new SwarmNode({
      name,
      role,
      folder: join(folder, name),
      report,
      onError: (error) => failure.abort(error),
    });

  report({ type: 'note', message: 'making the data and its torrent' });
  const seedFolder = join(folder, 'seed');
  await mkdir(seedFolder);
  const path = join(seedFolder, fileName);
  const sha1 = await writeGeneratedFile(path, { sizeBytes, seed: dataSeed, signal });
  const metainfo = parseMetainfo(await abortable(createTorrent(path, { pieceLength, signal }), signal));

  const seed = makeNode('seed', 'seed');
  const leeches = leechNames.map((name) => makeNode(name, 'leech'));
  const nodes = [seed, ...leeches];
  try {
    await Promise.all(nodes.map((node) => node.listen()));
    await abortable(seed.add(metainfo, []).checked(), signal);

    report({ type: 'note', message: `${leeches.length} leeches download from the seed and from each other` });
    const startedMs = performance.now();
    const reportProgress = (): readonly NodeProgress[] => {
      const timeMs = performance.now();
      const progress = nodes.map((node) => node.progress(timeMs));
      report({ type: 'progress', elapsedMs: timeMs - startedMs, nodes: progress });
      return progress;
    };
    const timer = setInterval(reportProgress, progressPeriodMs);
    try {
      // Each pair needs one connection: a leech dials the seed and the leeches before it.
      const torrents = leeches.map((leech, index) => leech.add(metainfo, [seed, ...leeches.slice(0, index)]));
      await abortable(Promise.all(torrents.map((torrent) => torrent.finished())), signal);
    } finally {
      clearInterval(timer);
    }
    const elapsedMs = performance.now() - startedMs;
    const progress = reportProgress();

    report({ type: 'note', message: 'verifying every copy against the original' });
    const copies = await Promise.all(
      leeches.map((leech) => sha1OfFile(join(leech.folder, fileName), signal)),
    );
    const verifiedCount = copies.filter((copy) => copy === sha1).length;
    return {
      isPassed: verifiedCount === leeches.length,
      figures: [
        ...transferFigures(progress, elapsedMs),
        {
          name: 'verifiedCopies',
          label: 'verified copies',
          value: `${verifiedCount} of ${leeches.length}`,
          unit: 'text',
        },
        { name: 'sha1', label: 'SHA-1', value: sha1, unit: 'text' },
      ],
    };
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

function transferFigures(nodes: readonly NodeProgress[], elapsedMs: number): readonly ScenarioFigure[] {
  const leeches = nodes.filter(({ role }) => role === 'leech');
  const sentBy = (role: NodeProgress['role']): number =>
    sum(nodes.filter((node) => node.role === role).map(({ uploadedBytes }) => uploadedBytes));
  const movedBytes = sum(leeches.map(({ haveBytes }) => haveBytes));
  return [
    { name: 'movedBytes', label: 'moved', value: movedBytes, unit: 'bytes' },
    { name: 'elapsedMs', label: 'in', value: elapsedMs, unit: 'ms' },
    { name: 'rate', label: 'at', value: movedBytes / (elapsedMs / 1000), unit: 'bytesPerSecond' },
    { name: 'seedUploadedBytes', label: 'sent by the seed', value: sentBy('seed'), unit: 'bytes' },
    { name: 'leechUploadedBytes', label: 'sent by leeches', value: sentBy('leech'), unit: 'bytes' },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
