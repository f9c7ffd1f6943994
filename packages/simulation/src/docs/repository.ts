import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const repositoryRoot = fileURLToPath(new URL('../../../../', import.meta.url));

const coreReadme = 'packages/core/README.md';

/** A Markdown file; `path` is relative to the repository's root. */
export interface Document {
  readonly path: string;
  readonly text: string;
}

/** The text of a file of the repository. */
export function readRepositoryFile(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

/** Whether the repository has a file or folder of that path. */
export function isInRepository(path: string): boolean {
  return existsSync(join(repositoryRoot, path));
}

/** One document. Throws where it is not there. */
export function readDocument(path: string): Document {
  return { path, text: readRepositoryFile(path) };
}

/** What documents the engine: `README.md`, `docs/`, and the page of core. */
export function mainDocuments(): readonly Document[] {
  const docs = readdirSync(join(repositoryRoot, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`), coreReadme].map(readDocument);
}

/** Everything that is written for readers: the pages of the other packages, too. */
export function allDocuments(): readonly Document[] {
  const pages = readdirSync(join(repositoryRoot, 'packages')).map((name) => `packages/${name}/README.md`);
  const others = pages.filter((path) => path !== coreReadme && isInRepository(path));
  return [...mainDocuments(), ...others.map(readDocument)];
}
