/** A running pipeline, as Prometheus and a collector of traces see it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, waitFor } from '@chip/testing';
import { startPart } from '../devstack/processes/part.ts';
import { endProcess } from '../devstack/processes/processes.ts';
import { Pipeline } from '../e2e/pipeline.ts';
import { Collector } from './collector.ts';
import { expressionsOf, readDashboards } from './dashboards.ts';
import { providePrograms } from './programs.ts';
import { readRules } from './rules.ts';
import { prometheusPart } from './servers.ts';

const FOLDER = mkdtempSync(path.join(tmpdir(), 'chip-observe-'));
let pipeline: Pipeline;
let prometheusUrl: string;
let prometheusPid: number | undefined;
let queryUrl: string;
let collector: Collector;

interface PromQuery {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly unknown[] };
}

const evaluate = async (expr: string): Promise<PromQuery> =>
  (
    await fetch(`${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`)
  ).json() as Promise<PromQuery>;

/** What a dashboard would show as "No data", or as an error. */
async function emptyOnes(expressions: readonly { place: string; expr: string }[]): Promise<string[]> {
  const answers = await Promise.all(
    expressions.map(async ({ place, expr }) => {
      const { status, error, data } = await evaluate(expr);
      return status === 'success' && (data?.result.length ?? 0) > 0 ? [] : [`${place}: ${error ?? 'no data'}`];
    }),
  );
  return answers.flat();
}

/** Everything that a panel may show must have happened at least once. */
async function use(): Promise<void> {
  await pipeline.run('machines', 'main', ['--once', '--lots', '1', '--rate', '20']);
  await pipeline.produce('telemetry.samples.v1', [{ key: 'h', value: '{"host":"etch-1"}' }]);
  for (const route of ['/v1/lots', '/v1/inspections?limit=1', '/v1/pipeline']) {
    await (await fetch(`${queryUrl}${route}`)).text();
  }
}

beforeAll(async () => {
  const programs = await providePrograms(() => undefined, AbortSignal.timeout(120_000));
  pipeline = await Pipeline.create();
  collector = await Collector.listen();
  // Only traces that a machine or a caller records.
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0' };
  const ingest = await pipeline.start('ingest', traced);
  const query = await pipeline.start('query', traced);
  queryUrl = query.url;
  // The upkeep measures sizes when it begins: by then there is a chunk.
  await pipeline.database.query(
    `INSERT INTO system_metrics (time, service_name, metric_name, metric_value) VALUES (now(), 's', 'm', 1)`,
  );
  const writer = await pipeline.start('writer', traced);
  await use();
  await pipeline.untilIdle(120_000);
  const port = await freePort();
  prometheusUrl = `http://127.0.0.1:${port}`;
  mkdirSync(path.join(FOLDER, 'run'));
  const part = prometheusPart(programs, {
    port,
    folder: FOLDER,
    rules: readRules(),
    targets: [
      { job: 'ingest', url: ingest.url },
      { job: 'writer', url: writer.url },
      { job: 'query', url: query.url },
    ],
  });
  prometheusPid = (await startPart(path.join(FOLDER, 'run'), part, AbortSignal.timeout(60_000))).pid;
}, 300_000);

afterAll(async () => {
  if (prometheusPid !== undefined) {
    await endProcess(prometheusPid, 'SIGTERM', 10_000);
  }
  collector?.close();
  await pipeline?.close();
  rmSync(FOLDER, { recursive: true, force: true });
}, 180_000);

describe('dashboards', () => {
  it('show something in every panel of a pipeline at work', async () => {
    const expressions = expressionsOf(readDashboards(), '1m');
    // Rates need two scrapes with an event between them.
    await waitFor(
      async () => (await evaluate('up == 1')).data?.result.length,
      (count) => count === 3,
    );
    await use();
    const empty = await waitFor(
      () => emptyOnes(expressions),
      (found) => found.length === 0,
      { intervalMs: 1_000 },
    ).catch(() => emptyOnes(expressions));
    expect(empty).toEqual([]);
    expect(expressions.length).toBeGreaterThan(50);
  });

  it('would be noticed if one showed nothing', async () => {
    const places = await emptyOnes([
      { place: 'missing', expr: 'chip_no_such_metric' },
      { place: 'wrong', expr: 'sum(' },
      { place: 'good', expr: 'up' },
    ]);
    expect(places).toEqual(['missing: no data', expect.stringContaining('wrong: ')]);
  });
});

describe('alerts', () => {
  it('are silent on a healthy pipeline, but for the watchdog', async () => {
    const firing = await evaluate('ALERTS{alertstate="firing"}');
    const names = (firing.data?.result as { metric: { alertname: string } }[]).map(({ metric }) => metric.alertname);
    expect(names).toEqual(['Watchdog']);
  });
});

describe('traces', () => {
  const idOf = (last: string): string => `4bf92f3577b34da6a3ce929d0e0e47${last}`;
  const traceparent = (last: string, flags = '01'): string => `00-${idOf(last)}-00f067aa0ba902b7-${flags}`;
  const sample = (last: string | undefined, flags?: string) => ({
    key: `trace ${last}`,
    value: JSON.stringify({
      time: new Date().toISOString(),
      service_name: 's',
      metric_name: 'traced',
      metric_value: 1,
      host: 'etch-1',
    }),
    ...(last === undefined ? {} : { headers: { traceparent: traceparent(last, flags) } }),
    partition: 0,
  });

  it('lead from the event of a machine through its block to the flush', async () => {
    await pipeline.produce('telemetry.samples.v1', [sample('01'), sample(undefined), sample('02'), sample('03', '00')]);
    const cut = await collector.span((span) => span.name.startsWith('cut ') && span.linkedTraces.includes(idOf('02')));
    const flush = await collector.span((span) => span.name.startsWith('flush ') && span.traceId === cut.traceId);
    // All events of one block: the first one that is recorded is the parent, and every recorded one is linked.
    expect(cut).toMatchObject({
      service: 'chip-ingest',
      traceId: idOf('01'),
      parentSpanId: '00f067aa0ba902b7',
      linkedTraces: [idOf('01'), idOf('02')],
    });
    expect(cut.attributes).toMatchObject({ 'messaging.destination.name': 'telemetry.samples.v1', 'chip.rows': 4 });
    expect(cut.linkedTraces).not.toContain(idOf('03'));
    expect(flush).toMatchObject({ service: 'chip-writer', traceId: idOf('01'), parentSpanId: cut.spanId });
    expect(flush.linkedTraces).toContain(idOf('01'));
    // A writer that is behind loads other blocks in the same flush.
    expect(flush.attributes).toMatchObject({ 'chip.rows': expect.any(Number), 'db.system.name': 'postgresql' });
    expect(flush.attributes['chip.rows']).toBeGreaterThanOrEqual(4);
    expect(flush.error).toBeUndefined();
  }, 180_000);

  it('go on in the query service, whose answer names its span', async () => {
    const ask = (headers: Record<string, string>) => fetch(`${queryUrl}/v1/lots?limit=1`, { headers });
    const answer = await ask({ traceparent: traceparent('04') });
    const span = await collector.span(({ traceId }) => traceId === idOf('04'));
    expect(answer.headers.get('traceresponse')).toBe(`00-${idOf('04')}-${span.spanId}-01`);
    expect(span).toMatchObject({ name: 'GET /v1/lots', service: 'chip-query', parentSpanId: '00f067aa0ba902b7' });
    expect(span.attributes).toMatchObject({ 'http.response.status_code': 200 });
    // A header that is none begins a trace of its own, which is not recorded here.
    expect((await ask({ traceparent: 'nonsense' })).headers.get('traceresponse')).toMatch(
      /^00-[\da-f]{32}-[\da-f]{16}-00$/,
    );
  }, 180_000);

  it('are only those that someone asked for', () => {
    const asked = new Set(['01', '02', '03', '04'].map(idOf));
    expect(collector.spans.filter(({ traceId }) => !asked.has(traceId)).map(({ name }) => name)).toEqual([]);
  });
});
