/** What the command exits with; a contract with scripts. */
export const exitCodes = {
  done: 0,
  /** The data is wrong or missing, or the download cannot be done. */
  failed: 1,
  /** Usage or input. */
  usage: 2,
  disk: 3,
  /** `--timeout` has passed. */
  timeout: 4,
  /** Interrupted by SIGINT; what was done is kept. */
  interrupted: 130,
} as const;
