import { clipLine, displayWidth } from './display-width.js';

/** The terminal that a {@link LiveBlock} is drawn on. */
export interface BlockTerminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** Lines at the end of a terminal that are drawn again and again in their place. */
export class LiveBlock {
  readonly #terminal: BlockTerminal;
  #lines: readonly string[] = [];

  constructor(terminal: BlockTerminal) {
    this.#terminal = terminal;
  }

  /** Shows these lines in place of the ones before; what does not fit is cut. */
  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#terminal;
    const isFirst = this.#lines.length === 0;
    const start = this.#toStart();
    this.#lines = lines.slice(0, Math.max(1, rows - 1)).map((line) => clipLine(line, columns - 1));
    const text = this.#lines.map((line) => `\x1b[2K${line}\n`).join('');
    this.#terminal.write(`${isFirst ? '\x1b[?25l' : ''}${start}${text}\x1b[0J`);
  }

  /** Writes a line above the block, where it stays. */
  insert(line: string): void {
    const lines = this.#lines;
    if (lines.length === 0) {
      this.#terminal.write(`${line}\n`);
      return;
    }
    this.#terminal.write(`${this.#toStart()}\x1b[0J${line}\n${lines.map((text) => `${text}\n`).join('')}`);
  }

  /** Leaves the lines where they are and gives the cursor back. */
  end(): void {
    if (this.#lines.length === 0) return;
    this.#lines = [];
    this.#terminal.write('\x1b[?25h');
  }

  /** Takes the lines away and gives the cursor back. */
  clear(): void {
    if (this.#lines.length === 0) return;
    this.#terminal.write(`${this.#toStart()}\x1b[0J`);
    this.end();
  }

  /** Moves to where the block begins. A terminal that became narrower has broken lines in two. */
  #toStart(): string {
    const { columns } = this.#terminal;
    const rowCount = this.#lines.reduce(
      (count, line) => count + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    return rowCount > 0 ? `\x1b[${rowCount}F` : '';
  }
}
