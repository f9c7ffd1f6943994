import {
  type HookKind,
  type HookRow,
  type PeerHookName,
  peerHooks,
  type SessionHookName,
  sessionHooks,
  type TorrentHookName,
  torrentHooks,
} from '@peerloom/core/plugin';

/** Level of a plugin. */
export type HookLevel = 'session' | 'torrent' | 'peer';

/** A hook by level and name, such as `peer.onHave`. */
export type HookId = `session.${SessionHookName}` | `torrent.${TorrentHookName}` | `peer.${PeerHookName}`;

/** A row of one of the hook tables. */
export interface CatalogRow {
  readonly id: HookId;
  readonly level: HookLevel;
  readonly name: string;
  readonly kind: HookKind;
  readonly when: string;
}

const tables = { session: sessionHooks, torrent: torrentHooks, peer: peerHooks } as const;

/** Names of the hooks of a level, in order of its table. */
export const hookNames: Readonly<Record<HookLevel, readonly string[]>> = {
  session: Object.keys(sessionHooks),
  torrent: Object.keys(torrentHooks),
  peer: Object.keys(peerHooks),
};

/** Every hook there is, from the tables that drive the engine. */
export const hookCatalog: readonly CatalogRow[] = (['session', 'torrent', 'peer'] as const).flatMap((level) =>
  Object.entries<HookRow>(tables[level]).map(([name, { kind, when }]) => ({
    id: `${level}.${name}` as HookId,
    level,
    name,
    kind,
    when,
  })),
);
