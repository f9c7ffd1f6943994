import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { codeBlocks } from './markdown.js';
import { mainDocuments, repositoryRoot } from './repository.js';

/** A block of TypeScript in the documentation, compiled. */
export interface Sample {
  readonly document: string;
  readonly name: string | undefined;
  readonly code: string;
  /** What it was compiled to. */
  readonly file: string;
}

/** All samples, and what the compiler says of them. */
export interface Samples {
  readonly all: readonly Sample[];
  /** Output of the compiler; empty where everything type-checks. */
  readonly errors: string;
  /** A sample by its name. Throws where there is none. */
  named(name: string): Sample;
}

const folder = fileURLToPath(new URL('../../node_modules/.docs-samples/', import.meta.url));
const config = {
  extends: join(repositoryRoot, 'tsconfig.base.json'),
  compilerOptions: {
    noEmit: false,
    rootDir: 'src',
    outDir: 'out',
    // A sample shows what it makes; nobody uses it there.
    noUnusedLocals: false,
  },
  include: ['src'],
};

/**
 * Compiles every `ts` block of the main documents as a module of its own, against the built packages, and
 * `extra` beside them.
 */
export async function compileSamples(extra: Readonly<Record<string, string>> = {}): Promise<Samples> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'src'), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('package.json', '{ "type": "module" }');
  write('tsconfig.json', JSON.stringify(config));
  for (const [name, code] of Object.entries(extra)) write(`src/${name}.ts`, code);
  const all = mainDocuments().flatMap(({ path, text }) =>
    codeBlocks(text)
      .filter(({ language }) => language === 'ts')
      .map(({ name, code, line }): Sample => {
        const file = `${path.replaceAll(/[^\w]+/g, '-')}-line-${line}`;
        write(`src/${file}.ts`, code);
        return { document: path, name, code, file: join(folder, 'out', `${file}.js`) };
      }),
  );
  const { output } = await runNode([join(repositoryRoot, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  return {
    all,
    errors: output,
    named: (name) => {
      const found = all.filter((sample) => sample.name === name);
      if (found.length !== 1 || found[0] === undefined) {
        throw new TypeError(`${found.length} samples are named '${name}'`);
      }
      return found[0];
    },
  };
}

/** The module that a sample is. */
export function importSample<M>(sample: Sample): Promise<M> {
  return import(pathToFileURL(sample.file).href);
}

/** Runs a script with this Node until it ends. */
export function runNode(
  args: readonly string[],
  cwd = repositoryRoot,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const add = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
