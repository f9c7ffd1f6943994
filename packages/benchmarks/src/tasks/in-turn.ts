import type { Sample } from '../measure.js';
import type { Row } from '../table.js';

/** What every task gets. */
export interface TaskOptions {
  /** How often each engine does it. */
  readonly rounds: number;
  /** A folder for what the task needs while it runs. */
  readonly root: string;
}

/** Lets every contestant in turn do a task, `rounds` times over, so that what else the machine does hits all alike. */
export async function inTurn<T extends { readonly name: string }>(
  contestants: readonly T[],
  rounds: number,
  task: (contestant: T) => Promise<Sample>,
): Promise<readonly Row[]> {
  const rows = contestants.map((contestant) => ({ contestant, samples: [] as Sample[] }));
  for (let round = 0; round < rounds; round++) {
    for (const { contestant, samples } of rows) samples.push(await task(contestant));
  }
  return rows.map(({ contestant, samples }) => ({ engine: contestant.name, samples }));
}
