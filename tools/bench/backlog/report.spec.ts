import { describe, expect, it } from '@jest/globals';
import type { LoadResult } from './measured-load.ts';
import { timeOf } from './measured-load.ts';
import { formatBacklogs, ofRaw, ofPeer, type BacklogResult } from './report.ts';

const load: LoadResult = {
  rows: 1_000_000,
  elements: 1_000_000,
  rowsPerSecond: 120_000,
  elementsPerSecond: 120_000,
  endToEndSeconds: 10,
  cpuSecondsPerMillionRows: { ingest: 4, writer: 1, postgres: 5, kafka: 0.5 },
  memoryMib: { ingest: { at: [100, 110, 120], peak: 130 }, writer: { at: [90, 90, 90], peak: 95 } },
  disk: { rows: { heap: 90e6, indexes: 60e6, toast: 10e6 }, rest: { heap: 1e6, indexes: 1e6, toast: 0 } },
};
const raw = { rowsPerSecond: 160_000, postgresCpuSecondsPerMillionRows: 6.2, bytesPerRow: 200 };
const result = (loads: readonly LoadResult[]): BacklogResult => ({
  cases: [{ name: 'a case', kind: 'telemetry', rounds: loads.map((one) => ({ load: one, raw })) }],
  queries: [],
});

describe('the report', () => {
  it('compares each round with the raw copy of that round', () => {
    expect(ofRaw({ load, raw })).toBe(0.75);
    const text = formatBacklogs(result([load]));
    expect(text).toMatch(/\| a case +\| +1,000,000 \| +160,000 \| +120,000 \| +0\.75 \| +120,000 \| +10\.0 \|/);
    expect(text).toMatch(
      /\| a case +\| +6\.2 \| +4\.0 \| +1\.0 \| +5\.0 \| +0\.5 \| 100 \/ 110 \/ 120 \| +130 \| +90 \/ 90 \/ 90 \| +95 \|/,
    );
  });

  it('shows the median and the extremes of several rounds', () => {
    const rounds = [150_000, 100_000, 120_000].map((rowsPerSecond) => ({ ...load, rowsPerSecond }));
    expect(formatBacklogs(result(rounds))).toContain('120,000 (100,000 to 150,000)');
  });

  it('says so when a backlog was too small to be measured', () => {
    const small = { ...load, rowsPerSecond: null, elementsPerSecond: null, cpuSecondsPerMillionRows: null };
    expect(formatBacklogs(result([small]))).toMatch(/160,000 \| +- \| +- \| +- \| +10\.0/);
  });

  it('says what a row takes on the disk, beside a plain one', () => {
    expect(formatBacklogs(result([load]))).toMatch(
      /\| a case +\| +200 \| +90\.0 \| +60\.0 \| +10\.0 \| +160\.0 \| +0\.80 \| +\|/,
    );
  });

  it('has a row for each other program that loaded the same backlog', () => {
    const telegraf = {
      ...load,
      rowsPerSecond: 40_000,
      cpuSecondsPerMillionRows: { peer: 20, postgres: 8, kafka: 2 },
      memoryMib: { peer: { at: [300, 300, 300], peak: 310 } },
    };
    const slower = { ...telegraf, rowsPerSecond: 30_000 };
    const round = { load, raw, peers: { 'Telegraf, json': telegraf, Debezium: slower } };
    expect(ofPeer(round, 'Telegraf, json')).toBe(3);
    const text = formatBacklogs({ cases: [{ name: 'a case', kind: 'telemetry', rounds: [round] }], queries: [] });
    expect(text).toMatch(
      /\| a case \| +Telegraf, json \| +120,000 \| +40,000 \| +3\.00 \| +5\.0 \| +20\.0 \| +10\.5 \| +30\.0 \| +310 \|/,
    );
    expect(text).toMatch(/\| a case \| +Debezium \| +120,000 \| +30,000 \| +4\.00 \|/);
    expect(formatBacklogs(result([load]))).not.toContain('other program');
  });
});

describe('what is measured', () => {
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
