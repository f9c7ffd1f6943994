import type { TorrentLayout } from '@peerloom/core';
import picomatch from 'picomatch';
import { CliError } from '../cli-error.js';
import { escapeText } from '../output/escape-text.js';

/** One part of `--select`: files by index, or by name. */
type SelectionPart = { readonly first: number; readonly last: number } | { readonly pattern: string };

/** What `--select` names, in the order given. */
export type FileSelection = readonly SelectionPart[];

/** A file of a torrent by its names. */
interface NamedFile {
  readonly index: number;
  /** With the torrent's folder, and without it. */
  readonly paths: readonly string[];
  readonly name: string;
}

/**
 * Reads `FILES`: parts joined by `,` (`\,` for a comma in a name), each an index `N`, a range `N-M` (as of
 * `so`, BEP 53), or a name: see {@link selectFiles}. Throws {@link CliError} `CLI_SELECT`.
 */
export function parseSelection(text: string): FileSelection {
  return text.split(/(?<!\\),/).map((part) => {
    if (part === '') throw selectError(`'${escapeText(text)}': it has an empty part`);
    const [, first, last = first] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part) ?? [];
    if (first === undefined) return { pattern: part.replaceAll('\\,', ',') };
    if (Number(first) <= Number(last)) return { first: Number(first), last: Number(last) };
    throw selectError(`'${part}': a range goes up`);
  });
}

/**
 * The indices of the files that a selection names. A name is a file's or a folder's, or a pattern with `*`,
 * `**`, `?` and `[…]`: without a `/` it is looked for in all folders, else from the torrent's folder on.
 * Throws {@link CliError} `CLI_SELECT` where a part names nothing.
 */
export function selectFiles(
  selection: FileSelection,
  layout: Pick<TorrentLayout, 'files'>,
): ReadonlySet<number> {
  const files: NamedFile[] = [];
  for (const [index, { path, isPad }] of layout.files.entries()) {
    if (isPad) continue;
    const paths = [path.join('/'), path.slice(1).join('/')].filter((name) => name !== '');
    files.push({ index, paths, name: path.at(-1) ?? '' });
  }
  const selected = new Set<number>();
  for (const part of selection) {
    const found = 'pattern' in part ? filesNamed(part.pattern, files) : filesInRange(part, files);
    for (const { index } of found) selected.add(index);
  }
  return selected;
}

function filesInRange(
  { first, last }: { readonly first: number; readonly last: number },
  files: readonly NamedFile[],
): readonly NamedFile[] {
  const found = files.filter(({ index }) => index >= first && index <= last);
  const highest = files.at(-1)?.index ?? 0;
  if (found.length > 0 && last <= highest) return found;
  const text = first === last ? `there is no file ${first}` : `there are no files ${first}-${last}`;
  throw selectError(`${text}: "peerloom info" shows them, 0 to ${highest}`);
}

function filesNamed(text: string, files: readonly NamedFile[]): readonly NamedFile[] {
  const pattern = text.replace(/^(?:\.\/)+/, '').replace(/(?<=.)\/+$/, '');
  // Names are full of brackets: what stands there as such comes first.
  const exact = files.filter(
    ({ paths, name }) =>
      name === pattern || paths.some((path) => path === pattern || path.startsWith(`${pattern}/`)),
  );
  if (exact.length > 0) return exact;
  const matches = matcher(pattern);
  const found = files.filter(({ paths, name }) =>
    pattern.includes('/') ? paths.some((path) => matches(path)) : matches(name),
  );
  if (found.length > 0) return found;
  throw selectError(`no file is called '${escapeText(text)}': "peerloom info" shows them`);
}

function matcher(pattern: string): (path: string) => boolean {
  try {
    return picomatch(pattern, { dot: true, nonegate: true });
  } catch (error) {
    throw selectError(`'${escapeText(pattern)}' is not a pattern`, error);
  }
}

function selectError(problem: string, cause?: unknown): CliError {
  return new CliError('CLI_SELECT', `--select: ${problem}`, cause === undefined ? {} : { cause });
}
