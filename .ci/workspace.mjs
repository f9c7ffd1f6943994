// What the gates know of the workspace: its packages, who may depend on whom, and the layers inside core.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders of `packages/` whose place is fixed; every other one is an extension. A package may use lower ranks only. */
const ranks = {
  core: 0,
  testing: 1,
  scenarios: 3,
  cli: 4,
  'create-extension': 5,
  simulation: 5,
  interop: 5,
  benchmarks: 5,
};
const extensionRank = 2;
const exampleRank = 5;

/** Core's folders, lowest layer first. A folder may import lower layers and itself, never one beside it. */
export const coreLayers = [
  ['common'],
  ['bencode', 'settings'],
  ['metainfo', 'wire', 'alerts', 'ports'],
  ['plugin'],
  ['picker', 'choker', 'bandwidth', 'network', 'disk', 'dispatch'],
  ['peer'],
  ['torrent'],
  ['session'],
];

/** Core's folders of pure logic, which use nothing of Node. */
export const pureCoreFolders = ['wire', 'picker', 'choker', 'bandwidth'];

/** Core's folders that hold the default implementations of the ports, and so may use the operating system. */
export const systemCoreFolders = ['network', 'disk'];

/** Those of them that make time and randomness out of the machine's. */
export const ambientCoreFolders = ['network'];

/** Tests, and the fakes beside the code that only tests use; the build leaves both out. */
export const testFiles = String.raw`\.(test|fake)\.ts$`;

function readPackage(path, rank) {
  const folder = join(root, path);
  return { path, folder, rank, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
}

/** Every workspace package: path from the root, folder, rank and package.json. */
export const packages = [
  ...readdirSync(join(root, 'packages'))
    .filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
    .map((name) => readPackage(`packages/${name}`, ranks[name] ?? extensionRank)),
  readPackage('examples', exampleRank),
];

export const publicPackages = packages.filter(({ manifest }) => manifest.private !== true);

export const extensions = packages.filter(({ rank }) => rank === extensionRank);
