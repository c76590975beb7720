import { describe, expect, it } from '@jest/globals';
import type { LoadResult } from './measured-load.ts';
import { timeOf } from './measured-load.ts';
import { quantile } from './query-latency.ts';
import { formatReport, median, ofRaw, table, type BenchResult } from './report.ts';

const load: LoadResult = {
  rows: 1_000_000,
  elements: 1_000_000,
  rowsPerSecond: 120_000,
  elementsPerSecond: 120_000,
  endToEndSeconds: 10,
  cpuSecondsPerMillionRows: { ingest: 4, writer: 1, postgres: 5, kafka: 0.5 },
  memoryMib: { ingest: { at: [100, 110, 120], peak: 130 }, writer: { at: [90, 90, 90], peak: 95 } },
};
const raw = { rowsPerSecond: 160_000, postgresCpuSecondsPerMillionRows: 6.2 };
const result = (loads: readonly LoadResult[]): BenchResult => ({
  at: '2026-01-01T00:00:00Z',
  command: 'npm run bench',
  machine: { cpu: 'a processor', cores: 2, memoryGib: 24, loadBefore: 0 },
  versions: { Node: '24' },
  cases: [{ name: 'a case', kind: 'telemetry', rounds: loads.map((one) => ({ load: one, raw })) }],
  queries: [],
});

describe('the report', () => {
  it('compares each round with the raw copy of that round', () => {
    expect(ofRaw({ load, raw })).toBe(0.75);
    const text = formatReport(result([load]));
    expect(text).toMatch(/a case +1,000,000 +160,000 +120,000 +0\.75 +120,000 +10\.0\n/);
    expect(text).toMatch(/a case +6\.2 +4\.0 +1\.0 +5\.0 +0\.5 +100 \/ 110 \/ 120 +130 +90 \/ 90 \/ 90 +95\n/);
  });

  it('shows the median and the extremes of several rounds', () => {
    const rounds = [150_000, 100_000, 120_000].map((rowsPerSecond) => ({ ...load, rowsPerSecond }));
    expect(formatReport(result(rounds))).toContain('120,000 (100,000 to 150,000)');
  });

  it('says so when a backlog was too small to be measured', () => {
    const small = { ...load, rowsPerSecond: null, elementsPerSecond: null, cpuSecondsPerMillionRows: null };
    expect(formatReport(result([small]))).toMatch(/160,000 +- +- +- +10\.0/);
  });

  it('aligns columns', () => {
    expect(
      table([
        ['a', 'b'],
        ['long', '1'],
        ['x', '1000'],
      ]),
    ).toBe('a        b\n----------\nlong     1\nx     1000');
  });
});

describe('what is measured', () => {
  it('the median of an even number of values is between the two in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('a quantile is a value that was measured', () => {
    const values = Array.from({ length: 200 }, (_, i) => i + 1);
    expect(quantile(values, 0.5)).toBe(100);
    expect(quantile(values, 0.99)).toBe(198);
    expect(quantile([7], 0.99)).toBe(7);
  });

  it('the moment at which a share was committed lies between two looks', () => {
    const looks = [
      { atMs: 1000, elements: 0 },
      { atMs: 1100, elements: 100 },
      { atMs: 1200, elements: 100 },
      { atMs: 1300, elements: 300 },
    ];
    expect(timeOf(50, looks)).toBe(1050);
    expect(timeOf(200, looks)).toBe(1250);
    expect(timeOf(300, looks)).toBe(1300);
    expect(() => timeOf(301, looks)).toThrow('301');
  });
});
