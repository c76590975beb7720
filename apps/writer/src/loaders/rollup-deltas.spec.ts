import { encodeCopyRow } from '@chip/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deltasOf, mergedDeltas } from './rollup-deltas.ts';

const text = fc.constantFrom('etcher', 'ätzer', 'a\tb', 'back\\slash', 'à', 'new\nline', ' ');
const sample = fc.record({
  hour: fc.integer({ min: 5, max: 8 }),
  service: text,
  metric: text,
  host: fc.option(text),
  value: fc.integer({ min: -1000, max: 1000 }),
});

/** The first four fields of each line with sum, count, least and greatest value. */
const rowsOf = (lines: Buffer): string[][] =>
  lines
    .toString()
    .split(/(?<=\n)/)
    .filter((line) => line !== '')
    .map((line) => line.slice(0, -1).split('\t'));

const byKey = (rows: readonly string[][]): string[][] =>
  rows.toSorted((a, b) => Buffer.compare(Buffer.from(JSON.stringify(a)), Buffer.from(JSON.stringify(b))));

describe('deltas of the roll-ups', () => {
  it('are those of all rows, however these are cut into blocks', () => {
    fc.assert(
      fc.property(fc.array(fc.array(sample, { maxLength: 20 }), { maxLength: 4 }), (blocks) => {
        const lines = blocks.map((samples) =>
          samples.map(({ hour, service, metric, host, value }) =>
            Buffer.from(encodeCopyRow([`2026-01-20T0${hour}:59:59.999999Z`, service, metric, value, null, host])),
          ),
        );
        const merged = rowsOf(mergedDeltas(lines.map((block) => deltasOf(block))));
        expect(byKey(merged)).toEqual(byKey(rowsOf(deltasOf(lines.flat()))));

        const expected = new Map<string, number[]>();
        for (const { hour, service, metric, host, value } of blocks.flat()) {
          const key = encodeCopyRow([`2026-01-20T0${hour}:00:00.000Z`, service, metric, host]).slice(0, -1);
          expected.set(key, [...(expected.get(key) ?? []), value]);
        }
        expect(byKey(merged)).toEqual(
          byKey(
            [...expected].map(([key, values]) => [
              ...key.split('\t'),
              ...[
                values.reduce((sum, value) => sum + value),
                values.length,
                Math.min(...values),
                Math.max(...values),
              ].map(String),
            ]),
          ),
        );
      }),
    );
  });

  it('stay as they are where one block brings all', () => {
    const one = Buffer.from('2026-01-20T07:00:00Z\ttest\tm\t\\N\t1.5\t2\t0.5\t1\n');
    expect(mergedDeltas([one])).toBe(one);
    expect(mergedDeltas([])).toHaveLength(0);
    expect(mergedDeltas([Buffer.alloc(0), one]).toString()).toBe(one.toString());
  });
});
