import type { ScenarioCheck } from '../scenario.js';
import { countCheck, noneCheck } from './checks.js';
import type { SwarmNode } from './swarm-node.js';

/** That a stranger who was given the addresses of so many members has reached them all, and has got nothing. */
export function strangerChecks(stranger: SwarmNode, memberCount: number): readonly ScenarioCheck[] {
  const { dialsOpened } = stranger.session.stats();
  const { torrent } = stranger;
  const knownPeerCount = torrent?.stats.knownPeerCount ?? 0;
  return [
    countCheck(
      'strangerTried',
      'members that the stranger reached',
      Math.min(dialsOpened, memberCount),
      memberCount,
    ),
    noneCheck('strangerPayloadBytes', 'bytes of data that it got', torrent?.stats.downloadedBytes ?? 0),
    noneCheck('strangerMetadataBytes', 'bytes of metadata that it got', torrent?.info?.raw.length ?? 0),
    noneCheck('strangerAddresses', 'addresses that it learned', knownPeerCount - memberCount),
  ];
}
