import { describe, expect, it } from 'vitest';
import { codeBlocks, headingAnchors, inlineCode, linkTargets, tableBelow } from './markdown.js';

const text = [
  '# A `title`, and more',
  'Some `code` and [a link](docs/a.md#b).',
  '<!-- sample: first -->',
  '```ts',
  'const a = `x`; // [no](link)',
  '```',
  '',
  '```sh',
  'npm test',
  '```',
  '## Same',
  '## Same',
  '| a | b |',
  '| --- | --- |',
  '| `x \\| y` | 2 |',
  '| 3 | |',
  'end',
].join('\n');

describe('reading Markdown', () => {
  it('finds fenced blocks with their language, name and line', () => {
    expect(codeBlocks(text)).toEqual([
      { language: 'ts', name: 'first', code: 'const a = `x`; // [no](link)\n', line: 4 },
      { language: 'sh', name: undefined, code: 'npm test\n', line: 8 },
    ]);
  });

  it('finds inline code and links in prose only', () => {
    expect(inlineCode(text)).toEqual(['title', 'code', 'x \\| y']);
    expect(linkTargets(text)).toEqual(['docs/a.md#b']);
  });

  it('makes the anchors of headings', () => {
    expect([...headingAnchors(text)]).toEqual(['a-title-and-more', 'same', 'same-1']);
  });

  it('reads the table below a heading', () => {
    expect(tableBelow(text, 'Same')).toEqual([
      ['`x | y`', '2'],
      ['3', ''],
    ]);
    expect(tableBelow(text, 'Other')).toEqual([]);
  });
});
