import { describe, expect, it } from 'vitest';
import { limitTests } from './limit-tests.js';
import { readRepositoryFile } from './repository.js';

describe('tests that show the limits', () => {
  it.each(Object.entries(limitTests))('%s: the test is there', (_, { file, title }) => {
    expect(readRepositoryFile(`packages/${file}`)).toContain(`'${title}'`);
  });
});
