import { describe, expect, it } from 'vitest';
import { firstPartyNames } from '../extensions/first-party.js';
import { interfaceUses, pluginInterfaces } from './interface-uses.js';
import { inlineCode, tableBelow } from './markdown.js';
import { publicNames } from './public-api.js';
import { readRepositoryFile } from './repository.js';

/** Every member of what a plugin is handed, as `PeerContext.hold`. */
function interfaceMembers(): readonly string[] {
  return publicNames(['packages/core/src/plugin/index.ts'])
    .map(({ name }) => name)
    .filter((name) => name.includes('.') && pluginInterfaces.has(name.split('.')[0] ?? ''));
}

function isSource(path: string, folder: string): boolean {
  return path.includes(folder) && !/\.(?:test|fake)\.ts$/.test(path);
}

describe('the plugin interface', () => {
  it('has no member that neither a test with whole sessions nor a compliance case uses', () => {
    const members = interfaceMembers();
    const used = new Set([
      ...interfaceUses('packages/simulation', (path) => path.includes('/packages/simulation/src/')),
      ...interfaceUses('packages/testing', (path) => path.includes('/packages/testing/src/compliance/')),
    ]);
    expect(members.length).toBeGreaterThan(100);
    expect(members.filter((member) => !used.has(member))).toEqual([]);
  }, 120_000);
});

describe('the README of an extension', () => {
  it.each(firstPartyNames)(
    '%s lists exactly what it uses of the plugin interface',
    (name) => {
      const folder = `packages/${name.replace('_', '-')}`;
      const sources = [...interfaceUses(folder, (path) => isSource(path, `/${folder}/src/`))];
      const rows = tableBelow(readRepositoryFile(`${folder}/README.md`), 'Members of the interface');
      const listed = rows.flatMap(([type = '', members = '']) =>
        inlineCode(members).map((member) => `${inlineCode(type)[0]}.${member}`),
      );
      expect(sources.length).toBeGreaterThan(10);
      expect(listed.sort()).toEqual(sources.sort());
    },
    60_000,
  );
});
