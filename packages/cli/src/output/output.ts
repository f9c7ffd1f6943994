import { CliError } from '../cli-error.js';
import { exitCodes } from '../exit-code.js';
import { escapeText } from './escape-text.js';
import { LiveBlock } from './live-block.js';
import { makeStyle, type Style } from './style.js';

/** A stream that the command writes to: one of the process's, or a test's. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  hasColors?(): boolean;
  write(text: string, onWritten?: () => void): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Standard output and error of the command. What is written is text of ours, or escaped. */
export class Output {
  /** How to emphasise on standard output. */
  readonly style: Style;
  /** Whether standard output is a terminal that lines can be redrawn on. */
  readonly isTerminal: boolean;
  /** Whether line-drawing characters can be shown. */
  readonly isUnicode: boolean;
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly #block: LiveBlock;
  readonly #closed = new AbortController();

  constructor(stdout: OutputStream, stderr: OutputStream, env: Readonly<Record<string, string | undefined>>) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.isTerminal = stdout.isTTY === true && env.TERM !== 'dumb';
    this.style = makeStyle(this.isTerminal && stdout.hasColors?.() === true);
    const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
    this.isUnicode = /utf-?8/i.test(locale) || env.WT_SESSION !== undefined;
    const write = (text: string): void => this.#write(text);
    this.#block = new LiveBlock({
      get columns() {
        return stdout.columns ?? 80;
      },
      get rows() {
        return stdout.rows ?? 24;
      },
      write,
    });
    stdout.on('error', (error) => this.#closed.abort(closedError(error)));
    // With nobody to tell, there is nothing to do about it.
    stderr.on('error', () => {});
  }

  /** Columns of the terminal; 80 where it is none. */
  get columns(): number {
    return this.#stdout.columns ?? 80;
  }

  /** Rows of the terminal; 24 where it is none. */
  get rows(): number {
    return this.#stdout.rows ?? 24;
  }

  /** Aborts, with a `CliError`, when nothing can be written to standard output any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Writes a line to standard output; above the redrawn lines where there are such. */
  line(text: string): void {
    this.#block.insert(text);
  }

  /** Writes a line about something that went wrong to standard error. */
  problem(text: string): void {
    // On one terminal, what stands there must make room.
    if (this.isTerminal && this.#stderr.isTTY === true) this.#block.insert(text);
    else this.#stderr.write(`${text}\n`);
  }

  /** Draws lines in place of those drawn last. For terminals. */
  draw(lines: readonly string[]): void {
    if (!this.#closed.signal.aborted) this.#block.draw(lines);
  }

  /** What was drawn last stays. */
  endDrawing(): void {
    this.#block.end();
  }

  /** What was drawn last goes. */
  clearDrawing(): void {
    this.#block.clear();
  }

  /** Resolves when all that was written has been taken, or never will be. */
  async flush(): Promise<void> {
    for (const stream of [this.#stdout, this.#stderr]) {
      await new Promise<void>((resolve) => stream.write('', resolve));
    }
  }

  #write(text: string): void {
    if (!this.#closed.signal.aborted) this.#stdout.write(text);
  }
}

function closedError(error: NodeJS.ErrnoException): CliError {
  if (error.code === 'EPIPE' || error.code === 'EIO') {
    const message = 'nobody reads the output any more';
    return new CliError('CLI_OUTPUT_CLOSED', message, { exitCode: exitCodes.interrupted, cause: error });
  }
  const message = `cannot write the output: ${escapeText(error.message)}`;
  return new CliError('CLI_OUTPUT', message, { exitCode: exitCodes.disk, cause: error });
}
