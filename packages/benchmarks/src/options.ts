/** What a run of the benchmarks measures. */
export interface BenchOptions {
  /** How often each engine does each task. */
  readonly rounds: number;
  /** Length of the data. */
  readonly totalMiB: number;
}

/** Reads the options from environment variables. Throws where one is no positive integer. */
export function readOptions(env: NodeJS.ProcessEnv): BenchOptions {
  return {
    rounds: positiveInteger(env, 'PEERLOOM_BENCH_ROUNDS', 3),
    totalMiB: positiveInteger(env, 'PEERLOOM_BENCH_MIB', 256),
  };
}

function positiveInteger(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name] ?? '';
  if (text === '') return fallback;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name}=${text}: not a positive integer`);
  return value;
}
