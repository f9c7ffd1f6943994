import { describe, expect, it } from 'vitest';
import { HttpResponseParser } from './response-parser.js';

describe('an HTTP response', () => {
  it('may come byte by byte', () => {
    const parser = new HttpResponseParser();
    const body = Buffer.alloc(200_000, 'x');
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
    for (const byte of [...Buffer.from(head), ...body]) parser.push(Uint8Array.of(byte));
    expect(parser.isDone).toBe(true);
    expect(Buffer.from(parser.response.body).equals(body)).toBe(true);
  });

  it('is refused where it comes in very many chunks', () => {
    const parser = new HttpResponseParser();
    parser.push(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'));
    parser.push(Buffer.from('1\r\nx\r\n'.repeat(10_000)));
    expect(() => parser.push(Buffer.from('1\r\nx\r\n'))).toThrow(
      expect.objectContaining({ code: 'TRACKER_TOO_LARGE' }),
    );
  });
});
