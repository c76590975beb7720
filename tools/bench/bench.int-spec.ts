import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BacklogResult } from './backlog/report.ts';
import type { AimsResult } from './serving/aims.ts';
import type { ClientsResult } from './serving/clients.ts';
import type { RoutesResult } from './serving/routes.ts';
import { ratios, type StormResult } from './serving/storm.ts';
import type { SteadyResult } from './steady/steady.ts';

const FOLDER = mkdtempSync(path.join(tmpdir(), 'bench-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

async function bench<T>(...args: string[]): Promise<{ output: string; result: T }> {
  const file = path.join(FOLDER, 'result.json');
  const child = spawn(process.execPath, [here('bench.ts'), ...args, '--out', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  return { output, result: JSON.parse(readFileSync(file, 'utf8')) as T };
}

interface Others {
  readonly steady: SteadyResult;
  readonly storm: StormResult;
  readonly clients: ClientsResult;
  readonly aims: AimsResult;
  readonly routes: RoutesResult;
}

describe('npm run bench -- --short, with every measurement', () => {
  let output: string;
  let result: Others & BacklogResult;
  beforeAll(async () => {
    // On the same servers, whose start costs more than what is measured.
    const others = ['--steady', '--storm', '--seconds', '2', '--clients', '2', '--routes', '--aims', '--size', '2k'];
    ({ output, result } = await bench<Others & BacklogResult>('--short', '--backlogs', ...others));
  }, 2_700_000);

  it('loads every backlog whole, compares it with a raw copy, and leaves nothing behind', () => {
    const { cases, queries } = result;
    expect(
      cases.map(({ name, kind, rounds }) => ({
        name,
        kind,
        counts: rounds.map(({ load: { rows, elements } }) => [rows, elements]),
      })),
    ).toEqual([
      { name: 'telemetry, one sample per record', kind: 'telemetry', counts: [[10_000, 10_000]] },
      { name: 'telemetry, 100 samples per record, 2 instances', kind: 'telemetry', counts: [[10_000, 10_000]] },
      { name: 'inspections, 444 measurements each', kind: 'inspections', counts: [[8_880, 20]] },
      {
        name: 'inspections, 10 measurements each, beside 2,000 units',
        kind: 'inspections',
        counts: [[5_000, 500]],
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
    for (const { ms } of queries) {
      expect(ms.p50).toBeGreaterThan(0);
      expect(ms.p99).toBeGreaterThanOrEqual(ms.p50);
    }
    for (const { name } of cases) {
      expect(output).toContain(name);
    }
    expect(existsSync(here('../../.local/bench/data'))).toBe(false);
  });

  it('lets several instances of ingest and writer work off a backlog', () => {
    const several = result.cases.filter(({ name }) => name.endsWith('2 instances'));
    expect(several.map(({ rounds }) => rounds[0]?.load.rows)).toEqual([10_000]);
    for (const { load, raw } of several.flatMap(({ rounds }) => rounds)) {
      // Wide: so few rows hardly fill their pages.
      const { heap, indexes, toast } = load.disk.rows;
      expect((heap + indexes + toast) / load.rows / raw.bytesPerRow).toBeGreaterThan(0.3);
      expect((heap + indexes + toast) / load.rows / raw.bytesPerRow).toBeLessThan(3);
    }
  });

  it('sees samples and inspections of a steady load, each once', () => {
    const [round] = result.steady.rounds;
    for (const stream of ['samples', 'inspections'] as const) {
      const { looked, p50, p99, most } = round?.visible[stream] ?? { looked: 0, p50: 0, p99: 0, most: 0 };
      // A look each 20 ms at samples, and at each of the 20 inspections a second.
      expect([stream, looked > 30]).toEqual([stream, true]);
      expect(p50).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
      expect(most).toBeGreaterThanOrEqual(p99);
    }
    expect(round?.cpuSeconds.writer).toBeGreaterThan(0);
    expect(round?.peakMib.ingest).toBeGreaterThan(0);
    expect(output).toContain('| published to visible ');
  });

  it('keeps ingestion and cheap questions going in a storm of expensive ones', () => {
    const [round] = result.storm.rounds;
    expect(round?.quiet.cheapMs.answers).toBeGreaterThan(0);
    expect(round?.storm.cheapMs.answers).toBeGreaterThan(0);
    expect(round?.answers[200]).toBeGreaterThan(0);
    // A storm is refused with 503 at most. 0 would be an answer that never came.
    expect(Object.keys(round?.answers ?? {}).filter((status) => !['200', '503'].includes(status))).toEqual([]);
    // How much they are held up is judged by hand: other tests run at the same time.
    const { ingestion, cheap } = ratios(result.storm);
    expect(ingestion).toBeGreaterThan(0);
    expect(cheap).toBeGreaterThan(0);
    expect(output).toContain('| cheap question, p50 ms ');
  });

  it('compares each question with its own statements through a bare client', () => {
    const { questions, clients } = result.clients;
    expect(clients).toBe(2);
    expect(questions.length).toBeGreaterThan(20);
    for (const { question, statements, alone, together } of questions) {
      // BEGIN, at least one question, COMMIT.
      expect([question, statements >= 3]).toEqual([question, true]);
      for (const { bareMs, routeMs, cpuMs } of [alone, together]) {
        expect(bareMs).toBeGreaterThan(0);
        expect(routeMs).toBeGreaterThan(0);
        expect(Object.values(cpuMs).every((ms) => ms >= 0)).toBe(true);
      }
      expect(output).toContain(`| ${question} `);
    }
  });

  it('measures what is promised within a time or at a rate', () => {
    const { answers, exports, dice } = result.aims;
    expect(answers.length).toBeGreaterThan(8);
    for (const { question, p50Ms, mostMs } of answers) {
      expect([question, p50Ms > 0 && p50Ms <= mostMs]).toEqual([question, true]);
      expect(output).toContain(`| ${question} `);
    }
    expect(dice).toBe(5_000);
    expect(exports.map(({ rows }) => rows)).toEqual([20_000, 20_000]);
  });

  it('asks every route, and gets an answer unless the history has nothing of the kind', () => {
    const { routes, bytes } = result.routes;
    expect(bytes.all).toBeGreaterThan(bytes.samples);
    expect(new Set(routes.map(({ route }) => route)).size).toBeGreaterThan(50);
    expect(routes.filter(({ status, route }) => status !== 200 && !(status === 404 && route.endsWith('}')))).toEqual(
      [],
    );
    expect(routes.filter(({ asks }) => asks === 'everything').length).toBeGreaterThan(25);
    for (const { route } of routes) {
      expect(output).toContain(`| ${route} `);
    }
  });
});
