import { describe, expect, it } from '@jest/globals';
import { jsonProblem } from './json-limits.ts';

describe('JSON that can be stored', () => {
  it.each([null, 1, 'text', { a: [1, { b: '😀' }] }, [[]], 'backslash \\u0000'])('%j', (value) => {
    expect(jsonProblem(value)).toBeUndefined();
  });

  it.each([['\0'], [{ a: ['x\0'] }], [{ 'a\0': 1 }], ['\ud800'], [{ a: '\udc00' }], [{ '\ud800': 1 }]])(
    '%j cannot',
    (value) => {
      expect(jsonProblem(value)).toMatch(/NUL and lone surrogates/);
    },
  );

  it('has no numbers beyond those of a double, which would be stored as null', () => {
    expect(jsonProblem(JSON.parse('{"a": [1e308, -1e400]}'))).toMatch(/number/);
    expect(jsonProblem(JSON.parse('{"a": [1e308, -1e308]}'))).toBeUndefined();
  });

  it('stops at 32 levels, however deep the value is', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 1;
      for (let i = 0; i < levels; i++) {
        value = [value];
      }
      return value;
    };
    expect(jsonProblem(nested(32))).toBeUndefined();
    expect(jsonProblem(nested(33))).toMatch(/32 levels/);
    expect(jsonProblem(nested(200_000))).toMatch(/32 levels/);
  });
});
