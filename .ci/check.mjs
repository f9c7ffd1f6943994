// Runs every gate (or the ones named as arguments), says what each checks, and ends with `gates: N passed, N failed`.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findManifestProblems } from './manifests.mjs';
import {
  findAmbientTimeAndRandomness,
  findExtensionNamesInCore,
  findLongSources,
  findMachineTraces,
} from './scans.mjs';
import { packPublicPackages } from './tarballs.mjs';
import { packages, root } from './workspace.mjs';

/** Runs a tool; resolves to what it printed if it failed, else to nothing. */
function tool(path, args) {
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(process.execPath, [join(root, path), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const text = Buffer.concat(output).toString().trim();
      resolve(code === 0 ? [] : [text === '' ? `exited with ${code}` : text]);
    });
  });
}

const turbo = (task) =>
  tool('node_modules/turbo/bin/turbo', [
    'run',
    task,
    '--output-logs=errors-only',
    '--continue=dependencies-successful',
  ]);

/** Runs a checker of packages on the tarball of each public package. */
async function onTarballs(check) {
  const folder = mkdtempSync(join(tmpdir(), 'peerloom-packed-'));
  try {
    const problems = [];
    for (const tarball of packPublicPackages(folder).values()) problems.push(...(await check(tarball)));
    return problems;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each gate: what it checks, and a run that resolves to the problems it found. */
const gates = {
  biome: {
    checks: 'formatting and lint rules',
    run: () =>
      tool('node_modules/@biomejs/biome/bin/biome', ['ci', '--colors=off', '--error-on-warnings', '.']),
  },
  build: { checks: 'every package builds', run: () => turbo('build') },
  types: { checks: 'every package type-checks, tests included', run: () => turbo('typecheck') },
  layers: {
    checks: 'who imports whom: layers of core, direction of packages, cycles, the outside world',
    run: () =>
      tool('node_modules/dependency-cruiser/bin/dependency-cruise.mjs', [
        '--config',
        '.dependency-cruiser.mjs',
        ...packages.map(({ path }) => path),
      ]),
  },
  manifests: { checks: 'package.json files', run: findManifestProblems },
  unused: {
    checks: 'no unused files, exports or dependencies',
    run: () => tool('node_modules/knip/bin/knip.js', ['--no-progress', '--treat-config-hints-as-errors']),
  },
  publint: {
    checks: 'published packages are well-formed',
    run: () => onTarballs((tarball) => tool('node_modules/publint/src/cli.js', ['run', '--strict', tarball])),
  },
  attw: {
    checks: 'published types resolve as the modules do',
    run: () =>
      onTarballs((tarball) =>
        tool('node_modules/@arethetypeswrong/cli/dist/index.js', ['--profile', 'esm-only', tarball]),
      ),
  },
  traces: { checks: 'no machine paths or registry hosts in any file', run: findMachineTraces },
  names: { checks: 'core names no extension', run: findExtensionNamesInCore },
  length: { checks: 'no source file over 400 lines', run: findLongSources },
  ambient: { checks: 'time and randomness are injected', run: findAmbientTimeAndRandomness },
  tarballs: {
    checks: 'packed packages install, type-check and run extensions outside the workspace',
    run: () => tool('.ci/tarball-test.mjs', []),
  },
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(gates);
const unknown = chosen.filter((name) => !Object.hasOwn(gates, name));
if (unknown.length > 0) {
  console.error(`no such gate: ${unknown.join(', ')}; there are ${Object.keys(gates).join(', ')}`);
  process.exit(2);
}

let failed = 0;
for (const name of chosen) {
  const { checks, run } = gates[name];
  const startedMs = performance.now();
  const problems = await Promise.resolve(run()).catch((error) => [error.stack]);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${checks} (${seconds} s)`);
  for (const problem of problems) console.log(problem.replace(/^/gm, '     '));
  if (problems.length > 0) failed += 1;
}
console.log(`gates: ${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
