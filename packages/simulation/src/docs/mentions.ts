import { inlineCode } from './markdown.js';
import { type Document, mainDocuments, readRepositoryFile } from './repository.js';

/** Interfaces whose members are meant where a text says `peer.something`. */
const owners: Readonly<Record<string, readonly string[]>> = {
  session: ['SessionContext', 'Session'],
  torrent: ['TorrentContext', 'TorrentHandle'],
  peer: ['PeerContext'],
  handle: ['ExtensionHandle'],
  buffer: ['DiskBufferHolder'],
  dict: ['HandshakeBuilder'],
  channel: ['MessageChannel<unknown>'],
};
const entries = {
  '@peerloom/core': 'packages/core/src/index.ts',
  '@peerloom/core/plugin': 'packages/core/src/plugin/index.ts',
  '@peerloom/testing': 'packages/testing/src/index.ts',
};

/** Names that an entry of a package exports, as its index file lists them. */
function exportedNames(entry: keyof typeof entries): ReadonlySet<string> {
  const lists = readRepositoryFile(entries[entry]).matchAll(/export (?:type )?\{([^}]*)\}/g);
  const names = Array.from(lists, ([, list = '']) => list.split(','))
    .flat()
    .map((name) => name.trim().replace(/^type /, ''));
  return new Set(names.filter((name) => name !== ''));
}

/** Names of any entry. */
export function allExportedNames(): ReadonlySet<string> {
  const packages = Object.keys(entries) as (keyof typeof entries)[];
  return new Set(packages.flatMap((entry) => [...exportedNames(entry)]));
}

/**
 * A module that compiles only where every member of a context that the documentation mentions, such as
 * `peer.hold`, is there.
 */
export function mentionsModule(documents: readonly Document[] = mainDocuments()): string {
  const mentions = new Set<string>();
  for (const { text } of documents) {
    for (const code of inlineCode(text)) {
      for (const [, object = '', member = ''] of code.matchAll(/(?<![\w.])(\w+)\.(\w+)/g)) {
        if (member !== 'ts' && Object.hasOwn(owners, object)) mentions.add(`${object}.${member}`);
      }
    }
  }
  const checks = [...mentions].sort().map((mention, index) => {
    const [object = '', member = ''] = mention.split('.');
    const keys = owners[object]?.map((owner) => `keyof ${owner}`).join(' | ');
    return `export const m${index}: ${keys} = '${member}'; // ${mention}`;
  });
  return [
    "import type { ExtensionHandle, Session, TorrentHandle } from '@peerloom/core';",
    "import type { DiskBufferHolder, HandshakeBuilder, MessageChannel } from '@peerloom/core/plugin';",
    "import type { PeerContext, SessionContext, TorrentContext } from '@peerloom/core/plugin';",
    'export type Used = ExtensionHandle | Session | TorrentHandle | DiskBufferHolder | HandshakeBuilder;',
    'export type AlsoUsed = MessageChannel<unknown> | PeerContext | SessionContext | TorrentContext;',
    ...checks,
    '',
  ].join('\n');
}
