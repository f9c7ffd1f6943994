import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inlineCode, linkTargets, tableBelow } from './markdown.js';
import { isInRepository, readDocument, readRepositoryFile, repositoryRoot } from './repository.js';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
}

const readme = readDocument('README.md').text;
const architecture = readDocument('docs/ARCHITECTURE.md').text;
const layerRules = pathToFileURL(join(repositoryRoot, '.ci/workspace.mjs')).href;

describe('the workspace in the documentation', () => {
  it('README lists the published packages with their folders', () => {
    const published = readdirSync(join(repositoryRoot, 'packages'))
      .map((folder) => `packages/${folder}`)
      .filter((folder) => isInRepository(`${folder}/package.json`))
      .map((folder) => ({
        folder,
        manifest: JSON.parse(readRepositoryFile(`${folder}/package.json`)) as Manifest,
      }))
      .filter(({ manifest }) => manifest.private !== true)
      .map(({ folder, manifest }) => `${manifest.name} ${folder}`);
    const listed = tableBelow(readme, 'Packages').map(([cell = '']) =>
      [...inlineCode(cell), ...linkTargets(cell)].join(' '),
    );
    expect([...listed].sort()).toEqual(published.sort());
  });

  it('README names commands that the command line has', () => {
    const named = inlineCode(readme).flatMap((code) => /^peerloom (\w+)$/.exec(code)?.[1] ?? []);
    expect(named).not.toEqual([]);
    const missing = named.filter((name) => !isInRepository(`packages/cli/src/commands/${name}.ts`));
    expect(missing).toEqual([]);
  });

  it('ARCHITECTURE has the layers that the gate checks', async () => {
    const { coreLayers }: { coreLayers: readonly (readonly string[])[] } = await import(layerRules);
    const listed = tableBelow(architecture, 'Layers').map(([, cell = '']) => inlineCode(cell));
    expect(listed).toEqual(coreLayers);
    const picture = architecture.slice(0, architecture.indexOf('### Layers'));
    for (const folder of coreLayers.flat()) expect(picture).toContain(`${folder}/`);
  });
});
