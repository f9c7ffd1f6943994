import { describe, expect, it } from 'vitest';
import { cleanTiers, cleanUrls } from './urls.js';

describe('cleanTiers', () => {
  it('keeps the order of tiers and URLs and drops what is left empty (BEP 12)', () => {
    expect(cleanTiers([[' http://a/ '], [], ['', 'udp://b:1', 'http://c/'], ['\n']])).toEqual([
      ['http://a/'],
      ['udp://b:1', 'http://c/'],
    ]);
  });

  it('keeps a URL once, where it comes first', () => {
    expect(cleanTiers([['http://a/', 'http://b/'], ['http://b/'], ['http://a/', 'http://c/']])).toEqual([
      ['http://a/', 'http://b/'],
      ['http://c/'],
    ]);
  });

  it.each(['http://a/ b', 'http://a/\n', 'http://a/\u001b', 'http://\u202ea/', 'http://\ud800/'])(
    'drops %j but for white space around it',
    (url) => {
      expect(cleanUrls([`${url}x`])).toEqual([]);
    },
  );

  it('keeps 200 URLs of 4 096 characters and none more or longer', () => {
    const long = (length: number): string => 'http://'.padEnd(length, 'a');
    expect(cleanUrls([long(4_096), long(4_097)])).toEqual([long(4_096)]);
    const many = Array.from({ length: 201 }, (_, i) => [`http://${i}/`]);
    expect(cleanTiers(many)).toEqual(many.slice(0, 200));
  });
});
