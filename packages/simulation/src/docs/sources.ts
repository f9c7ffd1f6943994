import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { isInRepository, readRepositoryFile, repositoryRoot } from './repository.js';
import { nodesOf, parseSource } from './syntax.js';

/** Paths of the sources of a package that are built. */
function sourceFiles(root: string): readonly string[] {
  return readdirSync(join(repositoryRoot, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|fake)\.ts$/.test(file))
    .map((file) => `${root}/${file}`);
}

/** The source folders of all packages, or of the published ones only. */
function sourceFolders({ published }: { readonly published: boolean }): readonly string[] {
  return readdirSync(join(repositoryRoot, 'packages'))
    .map((name) => `packages/${name}`)
    .filter((folder) => isInRepository(`${folder}/src`))
    .filter((folder) => {
      const manifest = JSON.parse(readRepositoryFile(`${folder}/package.json`)) as { private?: boolean };
      return !published || manifest.private !== true;
    })
    .map((folder) => `${folder}/src`);
}

/**
 * Every stable code that the sources of published packages have: of errors, and of reasons why connections
 * end. A string in capitals with an underscore is nothing else there.
 */
export function sourceCodes(): ReadonlySet<string> {
  return new Set(
    sourceFolders({ published: true })
      .flatMap(sourceFiles)
      .flatMap((file) => [...nodesOf(parseSource(file))])
      .filter((node) => ts.isStringLiteralLike(node))
      .map(({ text }) => text)
      .filter((text) => /^[A-Z]+(?:_[A-Z0-9]+)+$/.test(text)),
  );
}

/** Every word of the sources of all packages. */
export function sourceWords(): ReadonlySet<string> {
  const files = sourceFolders({ published: false }).flatMap(sourceFiles);
  return new Set(files.flatMap((file) => readRepositoryFile(file).match(/\w+/g) ?? []));
}

/** Classes and interfaces of core, those inside of it included. */
export function declaredNames(): ReadonlySet<string> {
  const pattern = /^export (?:class|interface|type) (\w+)/gm;
  const texts = sourceFiles('packages/core/src').map(readRepositoryFile);
  return new Set(texts.flatMap((text) => Array.from(text.matchAll(pattern), ([, name = '']) => name)));
}
