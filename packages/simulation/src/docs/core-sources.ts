import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isInRepository, readRepositoryFile, repositoryRoot } from './repository.js';

const families =
  'BENCODE|ENDPOINT|INFO|MAGNET|METAINFO|NETWORK|PEER|PLUGIN|RANDOM|SESSION|SETTING|STORAGE|TORRENT|WIRE';
const pattern = new RegExp(`'((?:${families})_[A-Z0-9_]+)'`, 'g');

/** Text of every source of a package that is built. */
function sources(root = 'packages/core/src'): readonly string[] {
  return readdirSync(join(repositoryRoot, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|fake)\.ts$/.test(file))
    .map((file) => readRepositoryFile(join(root, file)));
}

function matches(regExp: RegExp): ReadonlySet<string> {
  return new Set(sources().flatMap((text) => Array.from(text.matchAll(regExp), ([, name = '']) => name)));
}

/** Every stable code that the sources of core have: of errors, and of reasons why connections end. */
export function sourceCodes(): ReadonlySet<string> {
  return matches(pattern);
}

/** Every word of the sources of all packages. */
export function sourceWords(): ReadonlySet<string> {
  const roots = readdirSync(join(repositoryRoot, 'packages')).map((name) => `packages/${name}/src`);
  const texts = roots.filter(isInRepository).flatMap((root) => sources(root));
  return new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []));
}

/** Classes and interfaces of core, those inside of it included. */
export function declaredNames(): ReadonlySet<string> {
  return matches(/^export (?:class|interface|type) (\w+)/gm);
}
