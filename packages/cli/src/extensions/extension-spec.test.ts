import { describe, expect, it } from 'vitest';
import { parseExtensionSpec } from './extension-spec.js';

function parsed(text: string): readonly [string, Record<string, unknown>] {
  const { source, options } = parseExtensionSpec(text);
  return [source, Object.fromEntries(options)];
}

describe('parseExtensionSpec', () => {
  it.each([
    ['smart-ban', 'smart-ban', {}],
    ['@scope/name', '@scope/name', {}],
    ['./a:b/c.js', './a:b/c.js', {}],
    ['file:///x/y.js', 'file:///x/y.js', {}],
    ['C:\\x\\y.js:a=1', 'C:\\x\\y.js', { a: { text: '1' } }],
    [
      'closed-network:secret=@a/b,encryption=required',
      'closed-network',
      { secret: { file: 'a/b' }, encryption: { text: 'required' } },
    ],
    ['x:a=1\\,2,b=', 'x', { a: { text: '1,2' }, b: { text: '' } }],
    ['x:a=@one\\,two', 'x', { a: { file: 'one,two' } }],
    ['x:a=b=c:d=e', 'x', { a: { text: 'b=c:d=e' } }],
    ['x:a=C:\\dir\\', 'x', { a: { text: 'C:\\dir\\' } }],
  ])('%s', (text, source, options) => {
    expect(parsed(text)).toEqual([source, options]);
  });

  it.each(['', ':a=1', 'x:a=1,b', 'x:a=1,', 'x:a=1,2', 'x:a=1,a=2'])('refuses %j', (text) => {
    expect(() => parseExtensionSpec(text)).toThrow(
      expect.objectContaining({ code: 'CLI_EXT_SYNTAX', exitCode: 2 }),
    );
  });
});
