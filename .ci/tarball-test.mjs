// Installs the packages as a stranger would get them: packs each one, installs the tarballs with npm in an empty
// folder outside the workspace, type-checks every public entry there, then type-checks and tests each extension
// against them.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPublicPackages } from './tarballs.mjs';
import { extensions, packages, publicPackages, root } from './workspace.mjs';

/** An extension outside `packages/` that is written as a third party would write it. */
const sampleExtensions = ['packages/testing/sample-extension'];

const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const testing = packages.find(({ path }) => path === 'packages/testing');
const tools = {
  '@types/node': devDependencies['@types/node'],
  'fast-check': testing.manifest.devDependencies['fast-check'],
  typescript: devDependencies.typescript,
  vitest: devDependencies.vitest,
};

const baseOptions = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8')).compilerOptions;

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

function run(folder, command, args) {
  try {
    execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')} failed in ${folder}\n${error.stdout}${error.stderr}`);
  }
}

function installTarballs(folder, tarballs) {
  const dependencies = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  writeJson(join(folder, 'package.json'), {
    private: true,
    type: 'module',
    dependencies,
    devDependencies: tools,
  });
  run(folder, 'npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund']);
}

/** Imports every public entry, in a program that checks the published declarations too. */
function checkEntries(folder) {
  const specifiers = publicPackages.flatMap(({ manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([, target]) => typeof target === 'object')
      .map(([entry]) => `${manifest.name}${entry.slice(1)}`),
  );
  const consumer = join(folder, 'consumer');
  mkdirSync(consumer);
  const lines = specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}';`);
  const used = specifiers.map((_, index) => `entry${index}`).join(', ');
  writeFileSync(join(consumer, 'consumer.ts'), `${lines.join('\n')}\nexport const entries = [${used}];\n`);
  checkTypes(consumer, { skipLibCheck: false }, ['consumer.ts']);
  const imports = specifiers.map((specifier) => `await import('${specifier}');`).join('\n');
  writeFileSync(join(consumer, 'consumer.mjs'), `${imports}\n`);
  run(consumer, process.execPath, ['consumer.mjs']);
  console.log(`types and modules of ${specifiers.join(', ')}`);
}

function checkTypes(folder, options, include) {
  writeJson(join(folder, 'tsconfig.json'), { compilerOptions: { ...baseOptions, ...options }, include });
  run(folder, process.execPath, ['../node_modules/typescript/bin/tsc', '--noEmit', '-p', '.']);
}

/** Type-checks and tests a copy of an extension's sources, whose imports now lead to the tarballs. */
function testExtension(folder, source) {
  const copy = join(folder, source.replaceAll('/', '-'));
  cpSync(join(root, source), copy, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|dist|\.turbo|\.vitest|tsconfig\.json)$/.test(path),
  });
  checkTypes(copy, {}, ['src']);
  run(copy, process.execPath, ['../node_modules/vitest/vitest.mjs', 'run']);
  console.log(`types and tests of ${source}`);
}

const folder = mkdtempSync(join(tmpdir(), 'peerloom-tarballs-'));
try {
  const missing = sampleExtensions.filter((source) => !existsSync(join(root, source)));
  if (missing.length > 0) throw new Error(`no such sample extension: ${missing.join(', ')}`);
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  const stranger = join(folder, 'stranger');
  mkdirSync(stranger);
  installTarballs(stranger, packPublicPackages(packed));
  checkEntries(stranger);
  for (const source of [...extensions.map(({ path }) => path), ...sampleExtensions]) {
    testExtension(stranger, source);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
