import { ClosedNetwork, type ClosedNetworkOptions } from '@peerloom/closed-network';
import { SmartBan } from '@peerloom/smart-ban';
import {
  DeterministicSecureRandom,
  type Extension,
  type Swarm,
  type SwarmPeer,
  type SwarmPeerOptions,
} from '@peerloom/testing';
import { TrackerClient } from '@peerloom/tracker';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';

/** A secret that members of a closed network share, as its file has it. */
const secret = Buffer.from(new DeterministicSecureRandom('together').bytes(32)).toString('hex');

/** Our extensions, by the names that they have in a session. */
const makers = {
  'closed-network': (closed: ClosedNetworkOptions) => new ClosedNetwork(closed),
  'smart-ban': () => new SmartBan(),
  tracker: () => new TrackerClient(),
  ut_metadata: () => utMetadata(),
  ut_pex: () => utPex(),
} satisfies Readonly<Record<string, (closed: ClosedNetworkOptions) => Extension>>;

/** Name of one of our extensions. */
export type FirstPartyName = keyof typeof makers;

/** All of them, each once. */
export const firstPartyNames = Object.keys(makers) as readonly FirstPartyName[];

/** A fresh one. `closed` is what a closed network is given; default: a secret that all share. */
export function makeExtension(name: FirstPartyName, closed: ClosedNetworkOptions = { secret }): Extension {
  return makers[name](closed);
}

/** Fresh ones, in this order. */
export function makeExtensions(
  names: readonly FirstPartyName[],
  closed?: ClosedNetworkOptions,
): readonly Extension[] {
  return names.map((name) => makeExtension(name, closed));
}

/** Adds a session that says it has everything, of which no byte is right. */
export async function addPoisoner(swarm: Swarm, options: Omit<SwarmPeerOptions, 'have'>): Promise<SwarmPeer> {
  const poisoner = await swarm.addSeed({ name: 'poisoner', ...options, isStarted: false });
  for (const { path, bytes } of swarm.content.files) {
    poisoner.storage.put(
      path,
      bytes.map((byte) => ~byte),
    );
  }
  poisoner.start();
  return poisoner;
}

/** Whom a session keeps out, as text: principals and addresses. */
export function bansOf({ session }: SwarmPeer): readonly string[] {
  return session.bans().map(({ target }) => {
    if ('principal' in target) return target.principal;
    return target.endpoint.address;
  });
}
