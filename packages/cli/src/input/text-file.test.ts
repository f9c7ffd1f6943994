import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTextFile } from './text-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peerloom-text-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function read(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  return readTextFile({
    ...{ path, where: 'test', isSecret: false },
    codes: { unreadable: 'CLI_TEST', mode: 'CLI_TEST_MODE' },
  });
}

test('the mark that UTF-8 may begin with is left out, lines stay as they are', async () => {
  expect(await read(Buffer.from('\ufeffa\r\nb\n'))).toBe('a\r\nb\n');
});

test.for([
  ['little endian', Buffer.from('\ufeffa', 'utf16le')],
  ['big endian', Buffer.from('\ufeffa', 'utf16le').swap16()],
] as const)('UTF-16 text, %s, is refused by its name', async ([, bytes]) => {
  await expect(read(bytes)).rejects.toThrow(
    expect.objectContaining({
      code: 'CLI_TEST',
      message: expect.stringMatching(/ is UTF-16 text; save it as UTF-8$/),
    }),
  );
});
