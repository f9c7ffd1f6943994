// Runs a task of this workspace on a machine that has only Node and npm: fetches the pinned pnpm, installs what
// the lockfile says when that changed, and runs the task with that pnpm on the path. Uses Node's own modules and
// nothing else, because it runs before anything is installed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const pnpmVersion = manifest.packageManager.replace('pnpm@', '');
const binaries = join(root, 'node_modules/.bin');
const lockfile = join(root, 'pnpm-lock.yaml');
const stamp = join(root, 'node_modules/.installed-lockfile');
const slowNoticeMs = 1500;

class TaskFailure extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The caller's environment, the installed tools first on the path: turbo runs scripts with the pnpm found there. */
function environment() {
  const path = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return {
    ...process.env,
    [path]: `${binaries}${delimiter}${process.env[path]}`,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  };
}

/** Runs a program to its end and resolves to its exit code (128 + n for signal n) and what it printed, if captured. */
function run(command, args, { capture = false, shell = false, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const output = [];
    const child = spawn(command, args, {
      cwd,
      shell,
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: environment(),
    });
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));

    // A terminal sends SIGINT to the whole foreground group: passing it on would make one Ctrl-C count twice.
    const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    const forward = (signal) => {
      if (signal !== 'SIGINT' || !onTerminal) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const stopForwarding = () => {
      for (const signal of signals) process.off(signal, forward);
    };

    child.once('error', (error) => {
      stopForwarding();
      reject(new TaskFailure(`cannot start ${command}: ${error.message}`, 1));
    });
    child.once('close', (code, signal) => {
      stopForwarding();
      resolve({ code: code ?? 128 + constants.signals[signal], output: Buffer.concat(output) });
    });
  });
}

/** Runs a program in silence: says what is going on if it takes long, shows what it printed only if it failed. */
async function runQuietly(notice, failure, command, args, options) {
  const timer = setTimeout(() => process.stderr.write(`peerloom: ${notice}\n`), slowNoticeMs);
  const { code, output } = await run(command, args, { ...options, capture: true });
  clearTimeout(timer);
  if (code === 0) return;
  process.stderr.write(output);
  throw new TaskFailure(failure, code);
}

function fetchedPnpm(args) {
  return ['npx', ['--yes', `pnpm@${pnpmVersion}`, ...args], { shell: process.platform === 'win32' }];
}

async function install() {
  const wanted = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const args = ['install', '--frozen-lockfile', '--ignore-scripts', '--config.confirm-modules-purge=false'];
  await runQuietly(
    'installing dependencies, once',
    'could not install the dependencies in pnpm-lock.yaml (see above)',
    ...fetchedPnpm(args),
  );
  writeFileSync(stamp, wanted);
}

/** The folder and package.json of every workspace package. */
function workspacePackages() {
  return [
    ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name)),
    join(root, 'examples'),
  ]
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }));
}

async function runOrFail(command, args, failure, options) {
  const { code } = await run(command, args, options);
  if (code !== 0) throw new TaskFailure(failure, code);
}

function turboCommand(task, flags, extra) {
  const args = ['run', task, ...flags, ...(extra.length > 0 ? ['--', ...extra] : [])];
  return [process.execPath, [join(root, 'node_modules/turbo/bin/turbo'), ...args]];
}

/** Runs a turbo task; its extra arguments go to every package's script. */
function turbo(task, flags, extra) {
  return runOrFail(...turboCommand(task, flags, extra), `${task} failed`);
}

/** Runs the vitest suites behind a turbo task in every package that has one, and prints the sum of their results. */
async function vitestTask(task, extra) {
  const packages = workspacePackages().filter(({ manifest: { scripts } }) => scripts?.[task] !== undefined);
  for (const { folder } of packages) rmSync(join(folder, '.vitest'), { recursive: true, force: true });
  // Arguments choose tests by name or path; a package that has none of those is no failure.
  const vitestArgs = extra.length > 0 ? [...extra, '--passWithNoTests'] : [];
  const failures = [];
  const attempt = (promise) => promise.catch((error) => failures.push(error));
  await attempt(turbo(task, ['--continue=dependencies-successful'], vitestArgs));
  const summary = ['.ci/test-summary.mjs', ...(extra.length > 0 ? ['--partial'] : [])];
  const folders = packages.map(({ folder }) => folder);
  await attempt(runOrFail(process.execPath, [...summary, ...folders], `${task} failed`));
  if (failures.length > 0) throw failures[0];
}

/** Builds in silence what a package needs, and runs one of its programs in the caller's folder. */
async function program(packageName, script, args) {
  await runQuietly(
    'building',
    'the build failed (see above)',
    ...turboCommand('build', [`--filter=${packageName}`, '--output-logs=errors-only'], []),
  );
  const { code } = await run(process.execPath, [join(root, script), ...args], { cwd: process.cwd() });
  // The program has said itself what went wrong.
  process.exitCode = code;
}

/** Runs an example by name, or lists them. */
async function example([name, ...args]) {
  const names = readdirSync(join(root, 'examples')).filter((entry) =>
    existsSync(join(root, 'examples', entry, 'main.ts')),
  );
  if (name === undefined) process.stdout.write(`${names.join('\n')}\n`);
  else if (names.includes(name)) await program('@peerloom/examples', `examples/dist/${name}.js`, args);
  else throw new TaskFailure(`no example is called '${name}': there is ${names.join(', ')}`, 2);
}

/** What `node bootstrap.mjs <task> [arguments]` can run, once everything is installed. */
const tasks = {
  build: (args) => turbo('build', args, []),
  typecheck: (args) => turbo('typecheck', args, []),
  test: (args) => vitestTask('test', args),
  docs: (args) => turbo('docs', args, []),
  interop: (args) => vitestTask('interop', args),
  bench: (args) => program('@peerloom/benchmarks', 'packages/benchmarks/dist/main.js', args),
  check: (args) => runOrFail(process.execPath, ['.ci/check.mjs', ...args], 'check failed'),
  peerloom: (args) => program('peerloom', 'packages/cli/bin/peerloom.js', args),
  example,
  exec: ([command, ...args]) =>
    runOrFail(command, args, `${command} failed`, { shell: process.platform === 'win32' }),
};

function checkNode() {
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node).map(Number);
  const [runningMajor, runningMinor] = process.versions.node.split('.').map(Number);
  if (runningMajor < major || (runningMajor === major && runningMinor < minor)) {
    throw new TaskFailure(`needs Node ${manifest.engines.node}, this is ${process.version}`, 1);
  }
}

async function main([name, ...args]) {
  checkNode();
  // Bare pnpm is how the lockfile is changed, so it must not ask for an up-to-date one first.
  if (name === 'pnpm') {
    process.exitCode = (await run(...fetchedPnpm(args))).code;
    return;
  }
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
  if (task === undefined) {
    throw new TaskFailure(`usage: node bootstrap.mjs ${Object.keys(tasks).join('|')}|pnpm [arguments]`, 2);
  }
  await install();
  await task(args);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`peerloom: ${error instanceof TaskFailure ? error.message : error.stack}\n`);
  process.exitCode = error.exitCode ?? 1;
});
