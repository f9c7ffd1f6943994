import * as core from '@peerloom/core';
import { describe, expect, it } from 'vitest';
import { inlineCode, tableBelow } from './markdown.js';
import { readDocument } from './repository.js';
import { sourceCodes } from './sources.js';

const codes = sourceCodes();
const { text } = readDocument('docs/ERRORS.md');
/** The headings of families: `PEER`, `INFO_HASH`. */
const sections = Array.from(text.matchAll(/^## ([A-Z_]+)$/gm), ([, heading = '']) => heading);

interface ErrorClass {
  readonly name: string;
  readonly prototype: object;
}

/** Whether an export is a kind of error, the base class apart. */
function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof core.PeerloomError;
}

function listedCodes(section: string): readonly string[] {
  return tableBelow(text, section).flatMap(([cell = '']) => inlineCode(cell));
}

describe('docs/ERRORS.md', () => {
  it('lists every code that a published package has, and no other', () => {
    const listed = new Set(sections.flatMap(listedCodes));
    const missing = [...codes].filter((code) => !listed.has(code)).sort();
    const gone = [...listed].filter((code) => !codes.has(code));
    expect({ missing, gone }, 'docs/ERRORS.md needs a row for each that is missing').toEqual({
      missing: [],
      gone: [],
    });
  });

  it.each(sections)('%s: codes of that family, in order, each with what it means', (section) => {
    const listed = listedCodes(section);
    expect(listed).not.toEqual([]);
    expect(listed.filter((code) => !code.startsWith(`${section}_`))).toEqual([]);
    expect(listed).toEqual([...new Set(listed)].sort());
    for (const cells of tableBelow(text, section)) expect(cells.filter((cell) => cell === '')).toEqual([]);
  });

  it('lists every class of a family with its codes, and names the kinds of them', () => {
    const classes = Object.values<unknown>({ ...core }).filter(isErrorClass);
    const isFamily = ({ prototype }: ErrorClass): boolean =>
      Object.getPrototypeOf(prototype) === core.PeerloomError.prototype;
    const families = tableBelow(text, 'Families').map(([name = '', prefix = '']) => ({
      name: inlineCode(name)[0],
      prefix: inlineCode(prefix)[0],
    }));
    expect(families.map(({ name }) => name).sort()).toEqual(
      classes
        .filter(isFamily)
        .map(({ name }) => name)
        .sort(),
    );
    expect(families.filter(({ prefix }) => !sections.some((section) => prefix === `${section}_`))).toEqual(
      [],
    );
    for (const { name } of classes) expect(text).toContain(`\`${name}\``);
  });
});
