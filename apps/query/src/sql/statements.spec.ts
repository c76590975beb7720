import { describe, expect, it } from '@jest/globals';
import { scriptOf, withValues } from './statements.ts';

describe('a statement with its values', () => {
  it.each([
    ['a = $1 AND b = $2', ["it's", 5], "a = 'it''s' AND b = 5"],
    ['a = ANY ($1::text[])', [['x', 'y"z', 'a,b']], `a = ANY ( E'{"x","y\\\\"z","a,b"}'::text[])`],
    ['$1::int, $2, $3, $10', [-4, null, true], '(-4)::int, NULL, true, $10'],
    ['$1::jsonb', [{ a: "'" }], `'{"a":"''"}'::jsonb`],
    ['$11 $1', Array.from({ length: 11 }, (_, i) => i), '10 0'],
    ["$1 || 'x'", ['C:\\n'], " E'C:\\\\n' || 'x'"],
  ])('%s with %j', (text, values, expected) => {
    expect(withValues(text, values)).toBe(expected);
  });

  it('is not broken by what it is for', () => {
    expect(scriptOf('/v1/x?y=\n; DROP TABLE t', ['SELECT 1']).split('\n')[0]).toBe(
      '-- What chip-quality asked of its database for: /v1/x?y= ; DROP TABLE t',
    );
  });
});
