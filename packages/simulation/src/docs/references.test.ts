import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocks, headingAnchors, inlineCode, linkTargets, tableBelow } from './markdown.js';
import { allExportedNames } from './mentions.js';
import { allDocuments, isInRepository, readDocument, readRepositoryFile } from './repository.js';
import { declaredNames, sourceCodes, sourceWords } from './sources.js';

const codes = sourceCodes();
const words = sourceWords();
const documents = allDocuments();
const architecture = readDocument('docs/ARCHITECTURE.md').text;

/** Names in code that are of the platform, or of an example. */
const otherNames = new Set([
  'AbortSignal',
  'Error',
  'LatencyPeer',
  'NAME',
  'SharedArrayBuffer',
  'Uint8Array',
]);

/** Variables of ours begin with `PEERLOOM_`, which is no family of codes. */
function isEnvironmentVariable(name: string): boolean {
  return name.startsWith('PEERLOOM_');
}

describe('references in the documentation', () => {
  it.each(documents)('$path: links lead somewhere', ({ path, text }) => {
    const broken = linkTargets(text).filter((target) => {
      if (/^https?:/.test(target)) return false;
      const [file = '', anchor] = target.split('#');
      const destination = file === '' ? path : normalize(join(dirname(path), file));
      if (!isInRepository(destination)) return true;
      return anchor !== undefined && !headingAnchors(readRepositoryFile(destination)).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  it.each(documents)('$path: files that it names are there', ({ text }) => {
    const named = inlineCode(text).filter((code) =>
      /^(\.ci|docs|packages|examples|\.changeset)\//.test(code),
    );
    expect(named.filter((file) => !isInRepository(file))).toEqual([]);
  });

  it('parts of a connection: the files are there', () => {
    const heading = 'The life of a connection';
    const files = tableBelow(architecture, heading).flatMap(([, cell = '']) => inlineCode(cell));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !isInRepository(`packages/core/src/peer/${file}`))).toEqual([]);
  });

  it.each(documents)('$path: classes and types that it names are exported', ({ path, text }) => {
    // Architecture is about the inside, too.
    const exported = new Set([
      ...allExportedNames(),
      ...(path.includes('ARCHITECTURE') ? declaredNames() : []),
    ]);
    const named = inlineCode(text).flatMap((code) => /^[A-Z][a-zA-Z]+$/.exec(code)?.[0] ?? []);
    const unknown = named.filter((name) => !exported.has(name) && !otherNames.has(name));
    expect([...new Set(unknown)]).toEqual([]);
  });

  it.each(documents)('$path: settings, members and options that it names are in the sources', ({ text }) => {
    const inSamples = codeBlocks(text).map(({ code }) => code);
    const named = inlineCode(text).flatMap((code) => /^[a-z]+[A-Z]\w*/.exec(code)?.[0] ?? []);
    const unknown = named.filter(
      (name) => !words.has(name) && !inSamples.some((code) => code.includes(name)),
    );
    expect(unknown).toEqual([]);
  });

  it.each(documents)('$path: npm scripts that it names are there', ({ text }) => {
    const { scripts } = JSON.parse(readRepositoryFile('package.json')) as { scripts: Record<string, string> };
    const named = Array.from(text.matchAll(/npm run ([\w-]+)/g), ([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it.each(documents)('$path: codes that it names are in the code', ({ text }) => {
    const families = new Set([...codes].map((code) => `${code.split('_')[0]}_`));
    const named = inlineCode(text).flatMap((code) => /^[A-Z]+(?:_[A-Z0-9]+)*_?$/.exec(code)?.[0] ?? []);
    const withUnderscore = named.filter((name) => name.includes('_') && !isEnvironmentVariable(name));
    expect(withUnderscore.filter((name) => !codes.has(name) && !families.has(name))).toEqual([]);
  });

  it.each(documents)('$path: environment variables that it names are read somewhere', ({ text }) => {
    const named = inlineCode(text).flatMap((code) => code.match(/\bPEERLOOM_[A-Z_]+/g) ?? []);
    expect(named.filter((name) => !words.has(name))).toEqual([]);
  });
});
