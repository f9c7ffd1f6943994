// Gates that read the tracked files as text.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ambientCoreFolders, extensions, root, testFiles } from './workspace.mjs';

const maxSourceLines = 400;
const isTest = new RegExp(testFiles);
const isSource = /\.(ts|mjs|cjs|js)$/;

/** Tracked and new files that git does not ignore, as paths from the root, with their text; binary files left out. */
function readFiles() {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: root, encoding: 'utf8' });
  const gone = new Set(deleted.split('\0'));
  return list
    .split('\0')
    .filter((path) => path !== '' && !gone.has(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'));
}

/** `path:line: what` for each match of a pattern, at most one a line. */
function findLines(files, pattern) {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const match = pattern.exec(line);
      return match === null ? [] : [`${path}:${index + 1}: ${match[0]}`];
    }),
  );
}

/** The text with comments blanked out, line numbers kept. Good enough for finding names that code uses. */
function withoutComments(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

/** Paths of one machine and hosts of package registries make a repository work in one place only. */
export function findMachineTraces() {
  const paths = String.raw`\/(?:work|root|farm)\/`;
  const registries = String.raw`\bregistry\.(?:npmjs|yarnpkg)\.\w+|\b(?:deb|security|ftp)\.debian\.\w+|\bnpm\.pkg\.github\.\w+|\bpypi\.org\b`;
  return findLines(readFiles(), new RegExp(`${paths}|${registries}`));
}

/**
 * Core names no extension, in comments and tests neither: what it knows about one, every other extension could not
 * have. The name of a package that is a word of the protocol, as the tracker's is, counts as a package only.
 */
export function findExtensionNamesInCore() {
  const sources = readFiles().filter(({ path }) => path.startsWith('packages/core/src/'));
  const folders = extensions.map(({ path }) => path.split('/').at(-1));
  const own = folders.filter((name) => name.includes('-')).map((name) => name.replaceAll('-', '[_-]?'));
  return findLines(sources, new RegExp(`${own.join('|')}|@peerloom/(?!core\\b|testing\\b)[\\w-]+`, 'i'));
}

/** A file that grows past this is asking to be two. */
export function findLongSources() {
  return readFiles()
    .filter(({ path }) => isSource.test(path) && !isTest.test(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > maxSourceLines)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
}

/** Time and randomness are injected; the linter finds the global names, this finds what hangs on other objects. */
export function findAmbientTimeAndRandomness() {
  const folders = ['packages/core', 'packages/testing', ...extensions.map(({ path }) => path)];
  const exempt = ambientCoreFolders.map((folder) => `packages/core/src/${folder}/`);
  const sources = readFiles()
    .filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/src/`)))
    .filter(({ path }) => isSource.test(path) && !exempt.some((folder) => path.startsWith(folder)))
    .map(({ path, text }) => ({ path, text: withoutComments(text) }));
  const time = String.raw`\bDate\s*\.\s*now\b|\bperformance\s*\.\s*now\b|\bhrtime\b|\bprocess\s*\.\s*uptime\b`;
  const randomness = String.raw`\bMath\s*\.\s*random\b|\brandom(?:Bytes|UUID|Fill|FillSync|Int)\b\(|\bgetRandomValues\b`;
  return findLines(sources, new RegExp(`${time}|${randomness}`));
}

/** How many files the scans read. */
export function countFiles() {
  return readFiles().length;
}
