import { expect, test } from 'vitest';
import { Interrupt } from './interrupt.js';

function makeInterrupt() {
  const time = { nowMs: 1_000 };
  const exits: number[] = [];
  const interrupt = new Interrupt({ now: () => time.nowMs, exitNow: (exitCode) => exits.push(exitCode) });
  return { time, exits, interrupt };
}

test('the first signal asks for a graceful end, with its exit code', () => {
  const { interrupt, exits } = makeInterrupt();
  interrupt.receive('SIGINT');
  expect(interrupt.signal.reason).toMatchObject({ code: 'CLI_INTERRUPTED', exitCode: 130 });
  expect(exits).toEqual([]);
});

test('signals that follow within half a second are the same one', () => {
  const { time, interrupt, exits } = makeInterrupt();
  for (const nowMs of [1_000, 1_001, 1_300, 1_500]) {
    time.nowMs = nowMs;
    interrupt.receive('SIGINT');
  }
  expect(exits).toEqual([]);
});

test('a signal after that ends at once', () => {
  const { time, interrupt, exits } = makeInterrupt();
  interrupt.receive('SIGINT');
  time.nowMs = 1_501;
  interrupt.receive('SIGINT');
  expect(exits).toEqual([130]);
});

test('SIGTERM and SIGHUP have exit codes of their own', () => {
  for (const [name, exitCode] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const { interrupt } = makeInterrupt();
    interrupt.receive(name);
    expect(interrupt.signal.reason).toMatchObject({ exitCode });
  }
});
