import { expect, it } from '@jest/globals';
import { sumOf } from './metrics-text.ts';

const TEXT = `# HELP rows_total Rows.
# TYPE rows_total counter
rows_total{topic="a",note="x } y"} 10
rows_total{topic="b"} 2.5 1700000000000
rows_total_more 100
rows 7
broken{a="b"} NaN
`;

it('sums a metric over its labels', () => {
  expect(sumOf(TEXT, 'rows_total')).toBe(12.5);
});

it('reads a metric without labels', () => {
  expect(sumOf(TEXT, 'rows')).toBe(7);
});

it('is 0 for a metric that is missing or not a number', () => {
  expect(sumOf(TEXT, 'absent')).toBe(0);
  expect(sumOf(TEXT, 'broken')).toBe(0);
});
