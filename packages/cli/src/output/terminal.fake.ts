/** A terminal as far as the live block needs one: keeps the text of its rows and where the cursor is. */
export class FakeTerminal {
  columns: number;
  rows: number;
  /** The rows written to so far, from the top. */
  readonly screen: string[] = [''];
  isCursorShown = true;
  #row = 0;

  constructor(columns = 80, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    for (const part of text.split(/(\p{Cc}\[[?\d;]*[A-Za-z]|\n)/u)) this.#take(part);
  }

  #take(part: string): void {
    const up = /^\p{Cc}\[(\d+)F$/u.exec(part)?.[1];
    if (part === '\n') this.#newLine();
    else if (up !== undefined) this.#row = Math.max(0, this.#row - Number(up));
    else if (part.endsWith('[2K')) this.screen[this.#row] = '';
    else if (part.endsWith('[0J')) this.screen.splice(this.#row, Number.POSITIVE_INFINITY, '');
    else if (part.endsWith('[?25l')) this.isCursorShown = false;
    else if (part.endsWith('[?25h')) this.isCursorShown = true;
    else if (!/^\p{Cc}/u.test(part)) this.screen[this.#row] += part;
  }

  #newLine(): void {
    this.#row++;
    this.screen[this.#row] ??= '';
  }
}
