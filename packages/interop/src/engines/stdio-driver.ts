import { Child } from './child.js';

/**
 * A driver of another engine, in a process of its own, that takes commands and tells events over stdio, one JSON
 * object a line (see `engines/` of this package).
 */
export class StdioDriver {
  readonly #name: string;
  readonly #child: Child;
  #commandCount = 0;

  /** `name` is the engine's, for messages. */
  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    this.#child = new Child(command, args);
  }

  /** The first event of that name that matches, of those told already and those to come. */
  async event<T>(name: string, matches: (event: T) => boolean = () => true): Promise<T> {
    const line = await this.#child.line(
      (text) => text.startsWith(`{"event": "${name}"`) && matches(JSON.parse(text) as T),
      `${this.#name}'s ${name}`,
    );
    return JSON.parse(line) as T;
  }

  /** Has it run a command; its result. Rejects where the command fails. */
  async do<T>(command: string, fields: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const id = ++this.#commandCount;
    this.#child.write(JSON.stringify({ id, do: command, ...fields }));
    const line = await this.#child.line(
      (text) => text.startsWith(`{"id": ${id},`),
      `${this.#name} to ${command}`,
    );
    const answer = JSON.parse(line) as { readonly result: T; readonly error?: string };
    if (answer.error !== undefined) throw new Error(`${this.#name}: ${command}: ${answer.error}`);
    return answer.result;
  }

  describe(): string {
    return this.#child.describe();
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}
