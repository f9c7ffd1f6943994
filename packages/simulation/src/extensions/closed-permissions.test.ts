import { ClosedNetwork, createAuthority, issueMember, type Permission } from '@peerloom/closed-network';
import { DeterministicSecureRandom, runSwarm } from '@peerloom/testing';
import { utMetadata } from '@peerloom/ut-metadata';
import { expect, it } from 'vitest';

const random = new DeterministicSecureRandom('authority');
const authority = createAuthority(random);

function extensionsOf(name: string, permissions: readonly Permission[]) {
  const validity = { notBefore: 0, notAfter: 4e9 };
  const member = issueMember(authority, { name, permissions, ...validity }, random);
  return [new ClosedNetwork({ member }), utMetadata()];
}

it.each<[string, readonly Permission[], readonly Permission[]]>([
  ['may not download gets', ['upload'], ['download', 'upload']],
  ['may not upload gives', ['download', 'upload'], ['download']],
])('a member that %s metadata all the same: permissions are about pieces', async (_what, asker, giver) => {
  await runSwarm({}, async (swarm) => {
    const seed = await swarm.addSeed({ extensions: extensionsOf('giver', giver) });
    const leech = await swarm.addLeech({
      extensions: extensionsOf('asker', asker),
      isMagnet: true,
      connectTo: [seed],
    });
    await swarm.advance(60_000);
    expect(leech.torrent.pieces()).toBeDefined();
    expect(leech.torrent.stats).toMatchObject({ piecesHave: 0, downloadedBytes: 0, peerCount: 1 });
    expect(seed.torrent.stats.uploadedBytes).toBe(0);
  });
});
