import { expect, it } from 'vitest';
import { xoshiro128StarStar } from './xoshiro.js';

it('gives the reference sequence of xoshiro128** for the state 1, 2, 3, 4', () => {
  const state = Uint32Array.of(1, 2, 3, 4);
  expect(Array.from({ length: 10 }, () => xoshiro128StarStar(state))).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});
