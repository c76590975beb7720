import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyCharacter } from '../testing/index.ts';
import { COPY_NULL, decodeCopyField, decodeCopyRow, encodeCopyField, encodeCopyRow } from './copy-text.ts';

describe('COPY text', () => {
  it('escapes exactly the bytes with a meaning of their own', () => {
    expect(encodeCopyRow(['a\tb', 'c\nd', 'e\\f', 'g\rh', '', null, undefined, '\\N', 1.5, -0, 10n, true])).toBe(
      'a\\tb\tc\\nd\te\\\\f\tg\\rh\t\t\\N\t\\N\t\\\\N\t1.5\t0\t10\tt\n',
    );
  });

  it('distinguishes null from the text \\N', () => {
    expect(decodeCopyField(COPY_NULL)).toBeNull();
    expect(decodeCopyField(encodeCopyField('\\N'))).toBe('\\N');
  });

  it('decodes what it encoded, for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.string({ unit: anyCharacter })), { minLength: 1 }), (values) => {
        const line = encodeCopyRow(values);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(decodeCopyRow(line)).toEqual(values);
      }),
    );
  });

  it('decodes the escapes that only PostgreSQL writes', () => {
    expect(decodeCopyField('\\b\\f\\v')).toBe('\b\f\v');
  });
});
