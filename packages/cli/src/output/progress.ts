import type { Output } from './output.js';

const redrawPeriodMs = 125;
const defaultPlainPeriodMs = 10_000;

/** How a command shows how far it is. */
export interface ProgressView {
  /** Lines for a terminal of `width` columns. */
  lines(width: number): readonly string[];
  /** One line for a file or a pipe; `undefined` while there is nothing to say. */
  plainLine(): string | undefined;
}

/** Progress that is being shown. */
export interface Progress {
  /** Shows nothing further; what a terminal shows is brought up to date and stays. */
  end(): void;
  /** Shows nothing further; what a terminal shows goes. */
  clear(): void;
}

const nothing: Progress = { end: () => {}, clear: () => {} };

/** Options of {@link showProgress}. */
export interface ProgressOptions {
  /** Whether standard output is JSON: then nothing is shown. */
  readonly isJson: boolean;
  /** Time between lines where standard output is no terminal. Default: 10 s. */
  readonly plainPeriodMs?: number;
}

/** Shows progress until it is ended: redrawn in place on a terminal, now and then a line elsewhere. */
export function showProgress(
  output: Output,
  view: ProgressView,
  { isJson, plainPeriodMs = defaultPlainPeriodMs }: ProgressOptions,
): Progress {
  if (isJson) return nothing;
  return output.isTerminal ? redrawn(output, view) : printed(output, view, plainPeriodMs);
}

function redrawn(output: Output, view: ProgressView): Progress {
  const draw = (): void => output.draw(view.lines(output.columns - 1));
  draw();
  const timer = setInterval(draw, redrawPeriodMs);
  return {
    end: () => {
      clearInterval(timer);
      draw();
      output.endDrawing();
    },
    clear: () => {
      clearInterval(timer);
      output.clearDrawing();
    },
  };
}

function printed(output: Output, view: ProgressView, periodMs: number): Progress {
  let last: string | undefined;
  const print = (): void => {
    const line = view.plainLine();
    if (line !== undefined && line !== last) output.line(line);
    last = line;
  };
  const timer = setInterval(print, periodMs);
  const end = (): void => clearInterval(timer);
  return { end, clear: end };
}
