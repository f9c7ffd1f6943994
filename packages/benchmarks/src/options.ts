const parts = ['download', 'seed', 'closed', 'check', 'memory'] as const;

/** A part that can be measured on its own. */
type Part = (typeof parts)[number];

/** What a run of the benchmarks measures. */
export interface BenchOptions {
  /** How often each engine does each task. */
  readonly rounds: number;
  /** Length of the data. */
  readonly totalMiB: number;
  readonly parts: ReadonlySet<Part>;
}

/** Least MiB: a task of a few milliseconds says nothing, and every leech wants a share of the pieces. */
const leastMiB = 16;

/** Reads the options from environment variables. Throws where one is wrong. */
export function readOptions(env: NodeJS.ProcessEnv): BenchOptions {
  return {
    rounds: integer(env, 'PEERLOOM_BENCH_ROUNDS', { fallback: 5, least: 1 }),
    totalMiB: integer(env, 'PEERLOOM_BENCH_MIB', { fallback: 1024, least: leastMiB }),
    parts: partsIn(env, 'PEERLOOM_BENCH_PARTS'),
  };
}

function integer(
  env: NodeJS.ProcessEnv,
  name: string,
  { fallback, least }: { readonly fallback: number; readonly least: number },
): number {
  const text = env[name] ?? '';
  if (text === '') return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new Error(`${name}=${text}: not an integer of ${least} or more`);
  }
  return value;
}

function partsIn(env: NodeJS.ProcessEnv, name: string): ReadonlySet<Part> {
  const text = env[name] ?? '';
  if (text === '') return new Set(parts);
  return new Set(
    text.split(',').map((word) => {
      const part = parts.find((candidate) => candidate === word.trim());
      if (part === undefined) throw new Error(`${name}=${text}: not a list of ${parts.join(', ')}`);
      return part;
    }),
  );
}
