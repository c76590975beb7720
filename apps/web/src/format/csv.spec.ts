import { expect, it } from '@jest/globals';
import { csvOf } from './csv.ts';

it('quotes what needs it, tells an empty text from nothing, and defuses formulas but not numbers', () => {
  const rows = [
    ['a,b', 'say "x"', null, ''],
    ['=1+1', -4.2, true, undefined],
    ['@x', 'two\nlines', 0, 'plain'],
  ];
  expect(csvOf({ name: 'x', columns: ['a', 'b', 'c', 'd'], rows })).toBe(
    'a,b,c,d\r\n"a,b","say ""x""",,""\r\n\'=1+1,-4.2,true,\r\n\'@x,"two\nlines",0,plain\r\n',
  );
});
