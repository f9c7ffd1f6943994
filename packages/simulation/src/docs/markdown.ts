/** A fenced block of code. */
export interface CodeBlock {
  /** First word after the fence: `ts`, `sh`, or empty. */
  readonly language: string;
  /** Name given by a comment `<!-- sample: NAME -->` on the line before. */
  readonly name: string | undefined;
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
}

const fence = /^```(\w*)[^`]*$/;
const namePattern = /^<!-- sample: ([\w-]+) -->$/;

/** All fenced blocks of a Markdown text, in order. */
export function codeBlocks(text: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const language = fence.exec(lines[i] ?? '')?.[1];
    if (language === undefined) continue;
    const start = i++;
    while (i < lines.length && lines[i] !== '```') i++;
    const name = namePattern.exec(lines[start - 1] ?? '')?.[1];
    blocks.push({ language, name, code: `${lines.slice(start + 1, i).join('\n')}\n`, line: start + 1 });
  }
  return blocks;
}

/** The text without its fenced blocks. */
function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '');
}

/** What stands between single backquotes outside of fenced blocks. */
export function inlineCode(text: string): readonly string[] {
  return Array.from(prose(text).matchAll(/`([^`\n]+)`/g), (match) => match[1] ?? '');
}

/** Targets of inline links outside of fenced blocks. */
export function linkTargets(text: string): readonly string[] {
  return Array.from(prose(text).matchAll(/\]\(([^()\s]+)\)/g), (match) => match[1] ?? '');
}

/** The anchors that headings get on GitHub. */
export function headingAnchors(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = Array.from(prose(text).matchAll(/^#{1,6} (.+)$/gm), (match) => {
    const slug = (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

/** The cells of the rows of the first table below a heading. Empty where there is none. */
export function tableBelow(text: string, heading: string): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#{1,6} /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) return [];
  const first = lines.findIndex((line, index) => index > start && line.startsWith('|'));
  if (first < 0) return [];
  const rows: string[][] = [];
  for (let i = first + 2; lines[i]?.startsWith('|') === true; i++) rows.push(cellsOf(lines[i] ?? ''));
  return rows;
}

/** A vertical bar inside a cell is written with a backslash. */
function cellsOf(row: string): string[] {
  return row
    .slice(1, row.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** A row of a table. */
function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** A table; no line break at its end. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map(tableRow).join('\n');
}
