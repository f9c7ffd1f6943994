import { expect, test } from 'vitest';
import { LiveBlock } from './live-block.js';
import { FakeTerminal } from './terminal.fake.js';

test('lines are drawn again in their place, also when there are fewer', () => {
  const terminal = new FakeTerminal();
  const block = new LiveBlock(terminal);
  block.draw(['one', 'two', 'three']);
  block.draw(['ONE', 'TWO']);
  expect(terminal.screen).toEqual(['ONE', 'TWO', '']);
});

test('a line that stays goes above the block', () => {
  const terminal = new FakeTerminal();
  const block = new LiveBlock(terminal);
  block.insert('first');
  block.draw(['progress']);
  block.insert('second');
  expect(terminal.screen).toEqual(['first', 'second', 'progress', '']);
  block.draw(['more progress']);
  expect(terminal.screen).toEqual(['first', 'second', 'more progress', '']);
});

test('what is too long or too much for the terminal is cut, so that nothing scrolls or wraps', () => {
  const terminal = new FakeTerminal(10, 4);
  new LiveBlock(terminal).draw(['0123456789ab', '2', '3', '4', '5']);
  expect(terminal.screen).toEqual(['01234567…', '2', '3', '']);
});

test('after the terminal became narrower, the rows that lines were broken into are counted', () => {
  const terminal = new FakeTerminal(20);
  const block = new LiveBlock(terminal);
  block.draw(['a'.repeat(19), 'b']);
  const written: string[] = [];
  terminal.columns = 10;
  terminal.write = (text) => written.push(text);
  block.draw(['c']);
  expect(written.join('')).toContain('\x1b[3F');
});

test('the cursor is hidden while there is a block only', () => {
  const terminal = new FakeTerminal();
  const block = new LiveBlock(terminal);
  block.insert('line');
  expect(terminal.isCursorShown).toBe(true);
  block.draw(['progress']);
  expect(terminal.isCursorShown).toBe(false);
  block.end();
  expect(terminal.isCursorShown).toBe(true);
  expect(terminal.screen).toEqual(['line', 'progress', '']);
});

test('a block that is cleared leaves nothing', () => {
  const terminal = new FakeTerminal();
  const block = new LiveBlock(terminal);
  block.draw(['one', 'two']);
  block.clear();
  expect(terminal.screen).toEqual(['']);
  expect(terminal.isCursorShown).toBe(true);
});
