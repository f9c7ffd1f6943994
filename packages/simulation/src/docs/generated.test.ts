import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedDocuments, generatedText } from './generated.js';
import { repositoryRoot } from './repository.js';

describe('generated documentation', () => {
  // With --update, which `npm run docs` gives, the files are written.
  it.each(generatedDocuments)('%s is what the code gives', async (path) => {
    const message = `${path} is out of date: run \`npm run docs\``;
    await expect(generatedText(path), message).toMatchFileSnapshot(join(repositoryRoot, path));
  });
});
