import { describe, expect, it } from '@jest/globals';
import { c4, d2, d3 } from './control-constants.ts';
import { chiSquareUpperTail } from './distributions.ts';

describe('control chart constants', () => {
  // ASTM E2587 / Montgomery, appendix VI.
  it.each([
    [2, 1.128379, 0.852502, 0.797885],
    [3, 1.692569, 0.888368, 0.886227],
    [4, 2.058751, 0.879808, 0.921318],
    [5, 2.325929, 0.864082, 0.939986],
    [10, 3.077505, 0.797051, 0.972659],
    [25, 3.930629, 0.708441, 0.98964],
  ])('of %i values', (n, expectedD2, expectedD3, expectedC4) => {
    expect(d2(n)).toBeCloseTo(expectedD2, 6);
    expect(d3(n)).toBeCloseTo(expectedD3, 6);
    expect(c4(n)).toBeCloseTo(expectedC4, 5);
  });

  it('d2 is the integral of 1 - F^n - (1 - F)^n over the normal distribution', () => {
    const normal = (x: number): number =>
      x < 0 ? chiSquareUpperTail(x * x, 1) / 2 : 1 - chiSquareUpperTail(x * x, 1) / 2;
    for (let n = 2; n <= 25; n++) {
      let sum = 0;
      for (let x = -8; x <= 8; x += 0.05) {
        sum += 0.05 * (1 - normal(x) ** n - (1 - normal(x)) ** n);
      }
      expect(d2(n)).toBeCloseTo(sum, 5);
    }
  });

  it('are refused for sizes they are not known for', () => {
    for (const n of [1, 26]) {
      expect(() => d2(n)).toThrow(RangeError);
    }
  });
});
