import type { ScenarioCheck } from '../scenario.js';
import { countCheck, noneCheck } from './checks.js';
import type { SwarmNode } from './swarm-node.js';

/** That a stranger who was given the addresses of so many members has reached them all, and has got nothing. */
export function strangerChecks(stranger: SwarmNode, memberCount: number): readonly ScenarioCheck[] {
  const { name, torrent, session } = stranger;
  const { dialsOpened } = session.stats();
  const { downloadedBytes = 0, piecesHave = 0, knownPeerCount = 0 } = torrent?.stats ?? {};
  const reached = Math.min(dialsOpened, memberCount);
  return [
    countCheck(`${name}Reached`, `members that the ${name} reached`, reached, memberCount),
    noneCheck(`${name}Bytes`, 'bytes of data that it got', downloadedBytes),
    noneCheck(`${name}Pieces`, 'pieces that it got', piecesHave),
    noneCheck(`${name}Metadata`, 'bytes of metadata that it got', torrent?.info?.raw.length ?? 0),
    noneCheck(`${name}Addresses`, 'addresses that it learned', Math.max(0, knownPeerCount - memberCount)),
  ];
}
