import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicNames } from './public-api.js';
import { isInRepository, readRepositoryFile, repositoryRoot } from './repository.js';

const entries = readdirSync(join(repositoryRoot, 'packages'))
  .filter((name) => {
    const manifest = JSON.parse(readRepositoryFile(`packages/${name}/package.json`)) as { private?: boolean };
    return manifest.private !== true;
  })
  .flatMap((name) => ['', 'plugin/', 'server/'].map((part) => `packages/${name}/src/${part}index.ts`))
  .filter(isInRepository);

// Takes seconds where the machine is busy, which a test may not.
const names = publicNames(entries);

describe('what published packages export', () => {
  it('has a comment that says what it is for, each public member too', () => {
    expect(entries.length).toBeGreaterThanOrEqual(3);
    expect(names.length).toBeGreaterThan(700);
    expect(names.filter(({ isDocumented }) => !isDocumented).map(({ name }) => name)).toEqual([]);
  });
});
