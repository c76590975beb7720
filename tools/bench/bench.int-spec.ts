import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { BenchResult } from './report.ts';

const FOLDER = mkdtempSync(path.join(tmpdir(), 'bench-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

describe('npm run bench -- --short', () => {
  it('loads every backlog whole, compares it with a raw copy, and leaves nothing behind', async () => {
    const file = path.join(FOLDER, 'result.json');
    const bench = spawn(process.execPath, [here('bench.ts'), '--short', '--out', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    bench.stdout.on('data', (text: Buffer) => (output += text.toString()));
    bench.stderr.on('data', (text: Buffer) => (output += text.toString()));
    const [code] = (await once(bench, 'close')) as [number];
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });

    const { cases, queries } = JSON.parse(readFileSync(file, 'utf8')) as BenchResult;
    expect(
      cases.map(({ name, kind, rounds }) => ({
        name,
        kind,
        counts: rounds.map(({ load: { rows, elements } }) => [rows, elements]),
      })),
    ).toEqual([
      { name: 'telemetry, one sample per record', kind: 'telemetry', counts: [[100_000, 100_000]] },
      { name: 'telemetry, 100 samples per record', kind: 'telemetry', counts: [[100_000, 100_000]] },
      { name: 'inspections, 444 measurements each', kind: 'inspections', counts: [[88_800, 200]] },
      { name: 'inspections, 10 measurements each', kind: 'inspections', counts: [[50_000, 5_000]] },
      {
        name: 'inspections, 10 measurements each, beside 2,000 units',
        kind: 'inspections',
        counts: [[50_000, 5_000]],
      },
    ]);
    for (const { load, raw } of cases.flatMap(({ rounds }) => rounds)) {
      expect(raw.rowsPerSecond).toBeGreaterThan(0);
      expect(raw.postgresCpuSecondsPerMillionRows).toBeGreaterThan(0);
      expect(load.endToEndSeconds).toBeGreaterThan(0);
      for (const { at, peak } of Object.values(load.memoryMib)) {
        expect(at).toHaveLength(3);
        expect(peak).toBeGreaterThanOrEqual(Math.max(...at));
      }
    }
    // One sample per record is always large enough to be measured.
    const measured = cases[0]?.rounds[0]?.load;
    expect(measured?.rowsPerSecond).toBeGreaterThan(0);
    expect(measured?.cpuSecondsPerMillionRows?.postgres).toBeGreaterThan(0);
    expect(queries).toHaveLength(7);
    for (const { p50Ms, p99Ms } of queries) {
      expect(p50Ms).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
    for (const { name } of cases) {
      expect(output).toContain(name);
    }
    expect(existsSync(here('../../.local/bench/data'))).toBe(false);
  }, 900_000);
});
