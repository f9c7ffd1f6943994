import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readRepositoryFile, repositoryRoot } from './repository.js';

const families =
  'BENCODE|ENDPOINT|INFO|MAGNET|METAINFO|NETWORK|PEER|PLUGIN|RANDOM|SESSION|SETTING|STORAGE|TORRENT|WIRE';
const pattern = new RegExp(`'((?:${families})_[A-Z0-9_]+)'`, 'g');

/** Every stable code that the sources of core have: of errors, and of reasons why connections end. */
export function sourceCodes(): ReadonlySet<string> {
  const root = 'packages/core/src';
  const codes = new Set<string>();
  for (const file of readdirSync(join(repositoryRoot, root), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /\.(test|fake)\.ts$/.test(file)) continue;
    for (const [, code = ''] of readRepositoryFile(join(root, file)).matchAll(pattern)) codes.add(code);
  }
  return codes;
}
