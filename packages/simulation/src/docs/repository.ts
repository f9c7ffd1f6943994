import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const repositoryRoot = fileURLToPath(new URL('../../../../', import.meta.url));

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

/** Everything that is written for readers: the README files of the root and the packages, and `docs/`. */
export function allDocuments(): readonly Document[] {
  const docs = readdirSync(join(repositoryRoot, 'docs')).filter((name) => name.endsWith('.md'));
  const packages = readdirSync(join(repositoryRoot, 'packages')).map((name) => `packages/${name}/README.md`);
  const paths = ['README.md', ...docs.map((name) => `docs/${name}`), ...packages.filter(isInRepository)];
  return paths.map(readDocument);
}
