import { describe, expect, it } from 'vitest';
import { interfaceUses, pluginInterfaces } from './interface-uses.js';
import { publicNames } from './public-api.js';

/** Every member of what a plugin is handed, as `PeerContext.hold`. */
function interfaceMembers(): readonly string[] {
  return publicNames(['packages/core/src/plugin/index.ts'])
    .map(({ name }) => name)
    .filter((name) => name.includes('.') && pluginInterfaces.has(name.split('.')[0] ?? ''));
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
