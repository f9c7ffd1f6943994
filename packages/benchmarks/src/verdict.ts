import { align } from './table.js';

/** Something that was measured, beside what it should be. */
export interface Verdict {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** Verdicts as a table. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  const header = ['target', 'wanted', 'measured', 'met'];
  return align([
    header,
    ...verdicts.map(({ what, wanted, measured, isMet }) => [what, wanted, measured, isMet ? 'yes' : 'NO']),
  ]);
}
