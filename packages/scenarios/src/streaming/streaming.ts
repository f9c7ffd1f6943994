import { createHash } from 'node:crypto';
import type { TorrentHandle } from '@peerloom/core';
import type { Scenario, ScenarioCheck } from '../scenario.js';
import { countCheck, resultOf } from '../swarm/checks.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { RangePlayer } from './range-player.js';
import { StreamServer } from './stream-server.js';

const defaultSizeBytes = 24 * 1024 * 1024;
/** How long the seed takes to send everything. */
const downloadMs = 6_000;
/** A player begins when it has so much of the file. */
const startShare = 0.02;
const seekShare = 0.75;
/** How much of the file may be had by then. */
const allowedAtStart = 0.25;
const allowedAtSeek = 0.5;

/** A file is played over HTTP while it is downloaded, with a jump to a part that is not there yet. */
export const streaming: Scenario = {
  name: 'streaming',
  about: 'a player plays a file over HTTP while it downloads, and seeks',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data and its torrent');
      const file = await SharedFile.create(swarm, {
        name: 'film.webm',
        sizeBytes,
        owners: ['seed'],
        pieceLength: 64 * 1024,
      });
      const uploadLimitBytesPerSecond = Math.round((sizeBytes * 1000) / downloadMs);
      const seed = await swarm.addNode('seed', 'seed', { settings: { uploadLimitBytesPerSecond } });
      const leech = await swarm.addNode('player', 'leech');
      await swarm.wait(seed.add(file.metainfo, []).checked());
      const torrent = leech.add(file.metainfo, [seed]);

      const server = await swarm.wait(StreamServer.listen(torrent));
      const player = new RangePlayer(server.url, sizeBytes, swarm.signal);
      const checks: ScenarioCheck[] = [];
      const watched = async (): Promise<void> => {
        swarm.note(`a player asks for ${server.url}`);
        const startedMs = swarm.elapsedMs;
        await player.seek(0);
        await player.playTo(sizeBytes * startShare);
        checks.push(shareCheck('startsEarly', 'had when it begins to play', torrent, allowedAtStart));
        swarm.note(`it plays after ${seconds(swarm.elapsedMs - startedMs)}`);
        const leftAt = player.position;

        const seekTo = Math.round(sizeBytes * seekShare);
        const soughtMs = swarm.elapsedMs;
        await player.seek(seekTo);
        await player.playTo(seekTo + sizeBytes * startShare);
        checks.push(
          shareCheck('seeksAhead', `had when it plays at ${seekShare * 100} %`, torrent, allowedAtSeek),
        );
        swarm.note(`it seeks to ${seekShare * 100} % and plays after ${seconds(swarm.elapsedMs - soughtMs)}`);
        await player.playTo(sizeBytes);

        swarm.note('it plays what it had passed over');
        await player.seek(leftAt);
        await player.playTo(seekTo);
      };
      try {
        await swarm.watch(Promise.all([watched(), torrent.finished()]));
      } finally {
        player.close();
        await server.close();
      }

      const playedSha1 = createHash('sha1').update(player.played).digest('hex');
      const rightCount = Number(playedSha1 === file.sha1);
      checks.push(countCheck('playedSha1', 'played with the SHA-1 of the original', rightCount, 1));
      checks.push(await file.checkCopies(swarm, [leech]));
      return resultOf(checks, [
        { name: 'sizeBytes', label: 'data', value: sizeBytes, unit: 'bytes' },
        { name: 'rate', label: 'sent at most', value: uploadLimitBytesPerSecond, unit: 'bytesPerSecond' },
      ]);
    }),
};

function shareCheck(name: string, label: string, { stats }: TorrentHandle, allowed: number): ScenarioCheck {
  const share = stats.piecesHave / stats.pieceCount;
  return { name, label, isPassed: share <= allowed, seen: `${(share * 100).toFixed(1)} %` };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
