import { existsSync } from 'node:fs';

const systemPython = '/usr/bin/python3';

/** The Python that measures and runs libtorrent: the system's own, since distributions package libtorrent for that. */
export const python = existsSync(systemPython) ? systemPython : 'python3';
