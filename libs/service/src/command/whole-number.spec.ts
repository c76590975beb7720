import { describe, expect, it } from '@jest/globals';
import { wholeNumber } from './whole-number.ts';

describe('wholeNumber', () => {
  it('includes both ends', () => {
    expect(['1', '007', '10'].map(wholeNumber(1, 10))).toEqual([1, 7, 10]);
    expect(wholeNumber()('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each(['', ' 1', '-1', '+1', '1.0', '1e3', '0x10', '11', '9007199254740993', 'NaN'])('refuses %j', (text) => {
    expect(() => wholeNumber(1, 10)(text)).toThrow('Expected a whole number from 1 to 10.');
  });

  it('omits the upper end when there is none', () => {
    expect(() => wholeNumber(1)('0')).toThrow('Expected a whole number from 1.');
    // Unless that is what the number is beyond.
    for (const beyond of ['9007199254740993', '1'.repeat(400)]) {
      expect(() => wholeNumber(1)(beyond)).toThrow('Expected a whole number from 1 to 9007199254740991.');
    }
  });
});
