import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HttpHead, parseHttpHead } from './http-head.js';

const host = 'Host: tracker';
const head = (first: string, ...fields: readonly string[]) => parseHttpHead([first, ...fields].join('\r\n'));

describe('a request head', () => {
  it.each<[string, readonly string[], Partial<HttpHead>]>([
    [
      'GET /announce?a=b&c HTTP/1.1',
      [host],
      { path: '/announce', query: 'a=b&c', isKeptAlive: true, hasBody: false },
    ],
    [
      'GET /scrape HTTP/1.1',
      [host, 'connection: foo , Close'],
      { path: '/scrape', query: '', isKeptAlive: false },
    ],
    ['GET / HTTP/1.0', [], { isKeptAlive: false }],
    ['GET / HTTP/1.0', ['Connection: Keep-Alive'], { isKeptAlive: true }],
    ['GET http://tracker:80/a?b HTTP/1.1', [host], { path: '/a', query: 'b' }],
    ['GET http://tracker HTTP/1.1', [host], { path: '/', query: '' }],
    ['GET http://tracker?b HTTP/1.1', [host], { path: '/', query: 'b' }],
    ['GET /a?b?c#d HTTP/1.1', [host], { path: '/a', query: 'b?c' }],
    ['GET / HTTP/1.9', [host, 'X:', 'Y: \xe9'], { path: '/' }],
    ['POST / HTTP/1.1', [host, 'Content-Length: 4'], { method: 'POST', hasBody: true }],
    ['POST / HTTP/1.1', [host, 'Transfer-Encoding: chunked'], { hasBody: true }],
    ['POST / HTTP/1.1', [host, 'Content-Length: 0'], { hasBody: false }],
    ['POST / HTTP/1.1', [host, 'Content-Length: 0', 'Content-Length: 9'], { hasBody: true }],
  ])('%s %j', (first, fields, expected) => {
    expect(head(first, ...fields)).toMatchObject(expected);
  });

  it.each([
    ['', 400],
    ['GET', 400],
    ['GET /', 400],
    ['GET  / HTTP/1.1', 400],
    ['GET / HTTP/1.1 ', 400],
    ['GET /\x00 HTTP/1.1', 400],
    ['GET /é HTTP/1.1', 400],
    ['GET announce HTTP/1.1', 400],
    ['GET * HTTP/1.1', 400],
    ['G(T / HTTP/1.1', 400],
    [`${'G'.repeat(33)} / HTTP/1.1`, 400],
    ['GET / http/1.1', 400],
    ['GET / HTTP/2.0', 505],
    [`GET /${'a'.repeat(8 * 1024)} HTTP/1.1`, 414],
  ])('%j is refused', (first, status) => {
    expect(head(first, host)).toEqual({ status });
  });

  it.each([
    [[]],
    [[host, 'host: other']],
    [[host, 'no colon']],
    [[host, ' folded: line']],
    [[host, 'space : before']],
    [[host, 'name: a\nb: c']],
    [[host, 'name: \x00']],
    [[host, ': nothing']],
    [[host, '']],
  ])('with the fields %j is refused', (fields) => {
    expect(head('GET / HTTP/1.1', ...fields)).toEqual({ status: 400 });
  });

  it('has a target of 8 KiB at most, and 64 fields', () => {
    const fields = Array.from({ length: 63 }, (_, i) => `X-${i}: y`);
    expect(head(`GET /${'a'.repeat(8 * 1024 - 1)} HTTP/1.1`, host, ...fields)).toMatchObject({
      method: 'GET',
    });
    expect(head('GET / HTTP/1.1', host, ...fields, 'One: more')).toEqual({ status: 431 });
  });

  it('is read in no time, whatever blanks it has', () => {
    const blanks = ' '.repeat(15_000);
    expect(head('GET / HTTP/1.1', host, `a:${blanks}\x00`)).toEqual({ status: 400 });
    expect(head('GET / HTTP/1.1', host, `connection:${blanks}x`)).toMatchObject({ isKeptAlive: true });
  });

  it('is a head or a problem, whatever it says', () => {
    const pieces = fc.constantFrom(
      'GET',
      ' ',
      '/announce',
      '?',
      '=',
      '&',
      'HTTP/1.1',
      '\r\n',
      ':',
      'Host',
      '\n',
      '%',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.array(pieces).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        const parsed = parseHttpHead(input);
        if ('status' in parsed) expect([400, 414, 431, 505]).toContain(parsed.status);
        else expect(parsed.path.startsWith('/')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
