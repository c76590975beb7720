import { allSteps } from '@chip/quality';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLong, jsonSteps } from './json-text.ts';

const list = (length: number): object[] => Array.from({ length }, (_, n) => ({ n, text: `"${n}"`, none: undefined }));

describe('the text of an answer, in steps', () => {
  it.each([
    ['a long list', list(2_001)],
    ['lists that end with a step', { a: list(4_000), b: list(2_000), c: [] }],
    [
      'a list within a panel, and what JSON leaves out',
      { chart: { points: list(5_000), none: undefined }, at: new Date(0) },
    ],
    ['nothing in a list', { values: [...Array<undefined>(3_000), () => 1, NaN] }],
    ['a long list that writes itself', Object.assign(list(3_000), { toJSON: () => 1 })],
  ])('is that of JSON.stringify: %s', (_what, value) => {
    expect(allSteps(jsonSteps(value))).toBe(JSON.stringify(value));
  });

  it('is that of JSON.stringify for whatever is short, or has a long list in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, isPutInLong) => {
        const whole = isPutInLong ? { value, list: Array(2_500).fill(value) } : value;
        expect(allSteps(jsonSteps(whole))).toBe(JSON.stringify(whole));
      }),
      { numRuns: 50 },
    );
  });

  it('takes a step for each 2,000 elements', () => {
    const chart = { location: { points: list(50_000) }, dispersion: { points: list(49_999) }, samples: list(50_000) };
    expect([...jsonSteps(chart)].length).toBeGreaterThanOrEqual(72);
    expect(isLong({ points: list(2_000) })).toBe(false);
  });
});
