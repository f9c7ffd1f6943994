import { type HookRow, peerHooks, sessionHooks, torrentHooks } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { inlineCode, tableBelow } from './markdown.js';
import { readDocument } from './repository.js';

const tutorial = readDocument('docs/WRITING-AN-EXTENSION.md').text;
const mapping = readDocument('docs/FROM-LIBTORRENT.md').text;
const levels: readonly (readonly [string, Readonly<Record<string, HookRow>>, string])[] = [
  ['Session hooks', sessionHooks, 'plugin: the session'],
  ['Torrent hooks', torrentHooks, 'torrent_plugin: the torrent'],
  ['Peer hooks', peerHooks, 'peer_plugin: the connection'],
];

describe('hook tables in the documentation', () => {
  it.each(levels)('%s: are those of the code, in the same order', (heading, hooks) => {
    const expected = Object.entries(hooks).map(([name, { kind, libtorrent, when }]) => [
      `\`${name}\``,
      libtorrent === '' ? '–' : `\`${libtorrent}\``,
      kind,
      when,
    ]);
    expect(tableBelow(tutorial, heading)).toEqual(expected);
  });

  it.each(levels)('%s: each stands beside its name in libtorrent', (_, hooks, heading) => {
    const rows = tableBelow(mapping, heading).map(([theirs = '', ours = '']) => ({
      theirs: inlineCode(theirs),
      ours: inlineCode(ours),
    }));
    // get_unchoke_priority is a session hook there and a peer hook here.
    const elsewhere = tableBelow(mapping, 'plugin: the session').flatMap(([, ours = '']) => inlineCode(ours));
    for (const [name, { libtorrent }] of Object.entries(hooks)) {
      const isMapped = rows.some(
        ({ theirs, ours }) => ours.includes(name) && (libtorrent === '' || theirs.includes(libtorrent)),
      );
      expect(isMapped || elsewhere.includes(name) || isExplained(name), `${name} in '${heading}'`).toBe(true);
    }
  });

  it('kinds: each is explained', () => {
    const kinds = new Set(levels.flatMap(([, hooks]) => Object.values(hooks).map(({ kind }) => kind)));
    const explained = tableBelow(tutorial, 'Kinds').map(([kind]) => kind);
    expect([...explained].sort()).toEqual([...kinds].sort());
  });

  it('handled: what true suppresses is told of every such hook', () => {
    const handled = [...Object.entries(torrentHooks), ...Object.entries(peerHooks)]
      .filter(([, { kind }]) => kind === 'handled')
      .map(([name]) => name);
    const told = tableBelow(tutorial, 'What `true` suppresses').flatMap(([hooks = '']) => inlineCode(hooks));
    expect([...told].sort()).toEqual([...handled].sort());
  });
});

/** Hooks that libtorrent does not have at all may be explained in the text of a row. */
function isExplained(name: string): boolean {
  return name === 'canUnchoke' && mapping.includes('`canUnchoke` refuses');
}
