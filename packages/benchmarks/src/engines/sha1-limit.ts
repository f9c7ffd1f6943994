import { fileURLToPath } from 'node:url';
import type { Engine } from '../engine.js';

const script = fileURLToPath(new URL('../engines/sha1_limit.mjs', import.meta.url));

/** No engine: two threads of Node that read the file and hash it, which is as fast as a recheck on two cores gets. */
export const sha1Limit: Engine = {
  name: 'SHA-1, 2 threads',
  needs: 'Node',
  probe: [process.execPath, '--version'],
  recheck: ({ path }) => [process.execPath, script, path],
};
