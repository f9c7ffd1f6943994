import { dirname, join, normalize } from 'node:path';
import * as core from '@peerloom/core';
import { describe, expect, it } from 'vitest';
import { declaredNames, sourceCodes, sourceWords } from './core-sources.js';
import { codeBlocks, headingAnchors, inlineCode, linkTargets, tableBelow } from './markdown.js';
import { allExportedNames } from './mentions.js';
import { allDocuments, isInRepository, readDocument, readRepositoryFile } from './repository.js';

const documents = allDocuments();
const architecture = readDocument('docs/ARCHITECTURE.md').text;
const tutorial = readDocument('docs/WRITING-AN-EXTENSION.md').text;

/** Names in code that are of the platform, or of an example. */
const otherNames = new Set(['Error', 'LatencyPeer', 'NAME', 'SharedArrayBuffer', 'Uint8Array']);

interface ErrorClass {
  readonly name: string;
  readonly prototype: object;
}

/** Whether an export is a kind of error, the base class apart. */
function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof core.PeerloomError;
}

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
    const words = sourceWords();
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
    const codes = sourceCodes();
    const families = new Set([...codes].map((code) => `${code.split('_')[0]}_`));
    const named = inlineCode(text).flatMap((code) => /^[A-Z]+(?:_[A-Z0-9]+)*_?$/.exec(code)?.[0] ?? []);
    const withUnderscore = named.filter((name) => name.includes('_') && !isEnvironmentVariable(name));
    expect(withUnderscore.filter((name) => !codes.has(name) && !families.has(name))).toEqual([]);
  });

  it.each(documents)('$path: environment variables that it names are read somewhere', ({ text }) => {
    const words = sourceWords();
    const named = inlineCode(text).flatMap((code) => code.match(/\bPEERLOOM_[A-Z_]+/g) ?? []);
    expect(named.filter((name) => !words.has(name))).toEqual([]);
  });
});

describe('errors in the documentation', () => {
  const classes = Object.values<unknown>({ ...core }).filter(isErrorClass);

  it('every class is listed, a family with its codes, a kind of PluginError beside it', () => {
    const families = tableBelow(architecture, 'Errors').map(([name = '', codes = '']) => [
      ...inlineCode(name),
      ...inlineCode(codes),
    ]);
    const isFamily = ({ prototype }: ErrorClass): boolean =>
      Object.getPrototypeOf(prototype) === core.PeerloomError.prototype;
    expect(families.map(([name]) => name).sort()).toEqual(
      classes
        .filter(isFamily)
        .map(({ name }) => name)
        .sort(),
    );
    for (const { name } of classes) expect(architecture).toContain(`\`${name}\``);
    const prefixes = new Set([...sourceCodes()].map((code) => `${code.split('_')[0]}_`));
    for (const [name, prefix = ''] of families) expect(prefixes, name).toContain(prefix);
  });

  it('every code of the plugin interface is listed, and no other', () => {
    const listed = tableBelow(tutorial, 'Errors').flatMap(([code = '']) => inlineCode(code));
    // What a connection is closed with when a plugin has failed is thrown by nobody.
    const thrown = [...sourceCodes()].filter((code) => code.startsWith('PLUGIN_') && code !== 'PLUGIN_FAULT');
    expect(listed).toEqual(thrown.sort());
  });
});
