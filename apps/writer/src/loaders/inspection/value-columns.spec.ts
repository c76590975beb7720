import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { valueColumns } from './value-columns.ts';

const columns = (values: string): string[] => valueColumns(Buffer.from(values)).toString().split('\t');
const asValues = (values: string): string[] => [values, '\\N', '\\N'];

describe('columns of measured values', () => {
  it.each([
    ['{1}', '0', '{1}'],
    ['{0.25,null,-3}', '2', '{025,null,-300}'],
    ['{null,null}', '0', '{null,null}'],
    ['{0,1.10,2}', '2', '{000,110,200}'],
    ['{2147483647,-2147483647}', '0', '{2147483647,-2147483647}'],
    ['{0.0000000000000000000001}', '22', '{00000000000000000000001}'],
  ])('%s are digits with %s decimals', (values, decimals, digits) => {
    expect(columns(values)).toEqual(['\\N', decimals, digits]);
  });

  it.each([
    ['an exponent', '{1,1e-7}'],
    ['an exponent of a machine', '{1E5}'],
    ['a negative zero', '{-0,1}'],
    ['a negative zero with decimals', '{-0.00,1.5}'],
    ['more than an integer', '{2147483648}'],
    ['more than an integer once it has the decimals of its neighbour', '{3000000,0.001}'],
    ['a double with all its digits', '{0.30000000000000004}'],
    ['23 decimals', '{0.00000000000000000000001}'],
    ['hundreds of digits', `{1${'0'.repeat(400)}}`],
  ])('%s stays as it is', (_what, values) => {
    expect(columns(values)).toEqual(asValues(values));
  });

  it('mean exactly the same doubles', () => {
    const decimal = fc
      .tuple(fc.integer({ min: -2_147_483_647, max: 2_147_483_647 }), fc.integer({ min: 0, max: 6 }))
      .map(([digits, decimals]) => digits / 10 ** decimals);
    const number = fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(null));
    let asDigits = 0;
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: decimal }, number), { minLength: 1, maxLength: 5 }),
        (list) => {
          // JSON.stringify writes a negative zero without its sign.
          const texts = list.map((value) => (Object.is(value, -0) ? '-0' : JSON.stringify(value)));
          const [values, decimals, digits] = columns(`{${texts.join(',')}}`);
          if (digits === '\\N') {
            expect(JSON.parse(`[${values!.slice(1, -1)}]`)).toEqual(list);
            return;
          }
          asDigits++;
          const read = digits!
            .slice(1, -1)
            .split(',')
            .map((text) => (text === 'null' ? null : Number(text) / 10 ** Number(decimals)));
          expect(read).toEqual(list);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(asDigits).toBeGreaterThan(300);
  });
});
