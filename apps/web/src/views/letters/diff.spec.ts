import { describe, expect, it } from '@jest/globals';
import { diff } from './diff.ts';

const signs = { same: ' ', removed: '-', added: '+' };
const shown = (before: string, after: string): string[] =>
  diff([...before], [...after]).map(({ kind, line }) => signs[kind] + line);

describe('the difference of lines', () => {
  it.each<[string, string, string[]]>([
    ['abc', 'abc', [' a', ' b', ' c']],
    ['abc', 'axc', [' a', '-b', '+x', ' c']],
    ['ac', 'abc', [' a', '+b', ' c']],
    ['abc', '', ['-a', '-b', '-c']],
    ['', 'a', ['+a']],
  ])('of %j and %j', (before, after, lines) => expect(shown(before, after)).toEqual(lines));
});
