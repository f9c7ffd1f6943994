import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defaultStateFolder } from './state-folder.js';

test('state is kept below XDG_STATE_HOME, where that is an absolute path', () => {
  expect(defaultStateFolder({ XDG_STATE_HOME: '/s' })).toBe(join('/s', 'peerloom'));
});

test.for([undefined, '', 'relative'])('else in the home folder: %j', (value) => {
  expect(defaultStateFolder({ XDG_STATE_HOME: value })).toBe(join(homedir(), '.local', 'state', 'peerloom'));
});
