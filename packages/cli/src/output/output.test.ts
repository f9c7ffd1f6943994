import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { Output } from './output.js';

class FakeStream extends EventEmitter {
  readonly columns = 80;
  readonly rows = 24;
  text = '';
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  hasColors(): boolean {
    return this.isTTY;
  }

  write(text: string, onWritten?: () => void): boolean {
    this.text += text;
    onWritten?.();
    return true;
  }
}

function makeOutput(isTTY: boolean, env: Readonly<Record<string, string>> = {}) {
  const stdout = new FakeStream(isTTY);
  const stderr = new FakeStream(isTTY);
  return { stdout, stderr, output: new Output(stdout, stderr, env) };
}

test('what goes to no terminal has neither styles nor movements', () => {
  const { output, stdout, stderr } = makeOutput(false);
  expect([output.isTerminal, output.style.green('a')]).toEqual([false, 'a']);
  output.line('line');
  output.problem('problem');
  expect([stdout.text, stderr.text]).toEqual(['line\n', 'problem\n']);
});

test('a dumb terminal is none to draw on', () => {
  expect(makeOutput(true, { TERM: 'dumb' }).output.isTerminal).toBe(false);
  expect(makeOutput(true, { TERM: 'xterm' }).output.isTerminal).toBe(true);
});

test('line-drawing characters are for locales that have them', () => {
  expect(makeOutput(true, { LANG: 'C.UTF-8' }).output.isUnicode).toBe(true);
  expect(makeOutput(true, { LANG: 'de_DE.utf8', LC_ALL: 'C' }).output.isUnicode).toBe(false);
});

test('on a terminal a problem goes above what is being drawn', () => {
  const { output, stdout, stderr } = makeOutput(true);
  output.draw(['progress']);
  output.problem('problem');
  expect(stdout.text).toMatch(/problem\nprogress\n$/);
  expect(stderr.text).toBe('');
});

test('a closed pipe aborts, and nothing further is written', () => {
  const { output, stdout } = makeOutput(false);
  stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  output.line('line');
  expect(output.closed.reason).toMatchObject({ code: 'CLI_OUTPUT_CLOSED', exitCode: 130 });
  expect(stdout.text).toBe('');
});

test('a full disk under the output is a disk that failed', () => {
  const { output, stdout } = makeOutput(false);
  stdout.emit('error', Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' }));
  expect(output.closed.reason).toMatchObject({ code: 'CLI_OUTPUT', exitCode: 3 });
});
