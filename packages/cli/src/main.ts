import { type EndingSignal, Interrupt } from './interrupt.js';
import { Output } from './output/output.js';
import { run, tellFailure } from './run.js';

const signals: readonly EndingSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

async function main(): Promise<void> {
  const output = new Output(process.stdout, process.stderr, process.env);
  const exitNow = (exitCode: number): void => {
    output.endDrawing();
    process.exit(exitCode);
  };
  const interrupt = new Interrupt({ now: () => performance.now(), exitNow });
  for (const name of signals) process.on(name, () => interrupt.receive(name));

  const context = { output, signal: AbortSignal.any([interrupt.signal, output.closed]) };
  const options = { showsStacks: process.env.PEERLOOM_DEBUG === '1' };
  process.on('uncaughtException', (error) => exitNow(tellFailure(error, context, options)));

  // The engine's timers alone keep no process alive, and a command ends when it says so.
  const keepAlive = setInterval(() => {}, 2 ** 30);
  const exitCode = await run(process.argv.slice(2), context, options);
  await output.flush();
  clearInterval(keepAlive);
  const closed: unknown = output.closed.reason;
  exitNow(exitCode === 0 && closed !== undefined ? tellFailure(closed, context, options) : exitCode);
}

void main();
