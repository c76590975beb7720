/** Query reads a standby: a slow export ends whole while the primary folds, and a standby that is behind gets no questions. */
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPart } from '../../devstack/processes/part.ts';
import { PortPicker } from '../../devstack/processes/ports.ts';
import { describeServices } from '../../devstack/processes/services.ts';
import { pause, repeatedly } from '../../devstack/processes/wait-for.ts';
import { Trial } from '../../faults/run/trial.ts';
import { ask, startStandby } from '../../devstack/copies/standby.ts';
import type { SystemUnderTest } from '../../faults/system/system.ts';
import { demands, stopwatch, type Outcome, type Scene } from './scene.ts';

/** Some 24 MB: more than lies in the buffers between server and reader. */
const ROWS = 400_000;
/** A little less than there are, so that reading takes a little longer. */
const BYTES_PER_ROW = 58;
const EXPORT_S = 60;
const VACUUM_MS = 2_000;
const FIRST_PORT = 28_500;
const WITHIN_MS = 120_000;

export const replica: Scene = {
  what: `an export of ${EXPORT_S} s on a standby while the primary folds, and a standby that stops replaying`,
  run: async (system, { rate }, seed) => {
    const primaryPort = Number(new URL(system.env['DATABASE_URL'] as string).port);
    // A standby without patience: each conflict would end the export at once.
    const settings = {
      hot_standby_feedback: 'on',
      max_standby_streaming_delay: '0',
      wal_receiver_status_interval: '1',
    };
    const standbyPort = await startStandby(system, { replicationPort: primaryPort, slot: 'standby_1', settings });
    await system.sql(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value, host)
       SELECT now() - interval '2 days' + n * interval '1 ms', 'export-of-the-drill', 'm', n, 'h' FROM generate_series(1, $1::int) AS n`,
      [ROWS],
    );
    const url = await startReader(system, standbyPort);
    const trial = await Trial.begin({ system, seed, rate, resumeWithinMs: WITHIN_MS });
    try {
      return await readBehind(system, trial, url, system.superuserUrl(standbyPort));
    } finally {
      await trial.end();
    }
  },
};

/** Starts a query service that reads from the standby. @returns its URL */
async function startReader(system: SystemUnderTest, standbyPort: number): Promise<string> {
  const read = new URL(system.env['READER_DATABASE_URL'] as string);
  read.port = String(standbyPort);
  const { parts, urls } = await describeServices(
    { ingest: 0, writer: 0, query: 1 },
    system.env,
    new PortPicker(system.report),
    FIRST_PORT,
  );
  const part = parts.find(({ launch }) => launch.name.startsWith('query-'));
  if (part === undefined) {
    throw new Error('the stack describes no query service');
  }
  const env = { ...part.launch.env, READ_DATABASE_URL: read.href };
  await startPart(
    system.folder.run,
    { ...part, launch: { ...part.launch, name: 'query-of-standby', env } },
    system.signal,
  );
  return urls.query[0] as string;
}

async function readBehind(system: SystemUnderTest, trial: Trial, url: string, standby: string): Promise<Outcome> {
  const { differences, demand } = demands();
  await system.until(async () => (await ready(url)) === 200, WITHIN_MS, 'the reader is ready');

  const vacuums = vacuumAgain(system);
  const watch = stopwatch();
  const exported = await slowExport(url);
  const took = watch();
  const folds = await vacuums();
  system.report('export', `${exported.lines} rows in ${took.toFixed(1)} s, ${folds} folds meanwhile`);
  demand(exported.trailer === ROWS && exported.lines === ROWS, `the export has ${exported.lines} rows of ${ROWS}`);
  demand(took >= EXPORT_S, `the export took ${took.toFixed(1)} s only`);
  demand(folds > 0, 'the primary did not fold meanwhile');

  await ask(standby, 'SELECT pg_wal_replay_pause()');
  const paused = stopwatch();
  await system.until(async () => (await ready(url)) === 503, WITHIN_MS, 'the reader is not ready');
  const notReadyAfter = paused();
  await ask(standby, 'SELECT pg_wal_replay_resume()');
  const resumed = stopwatch();
  await system.until(async () => (await ready(url)) === 200, WITHIN_MS, 'the reader is ready again');
  const readyAfter = resumed();
  system.report('lag', `not ready ${notReadyAfter.toFixed(1)} s after the standby stopped replaying`);
  await trial.rest();
  return {
    figures: [
      { what: 'exported', value: exported.lines, unit: 'rows' },
      { what: 'export', value: took, unit: 's' },
      { what: 'folds meanwhile', value: folds, unit: 'entries' },
      { what: 'not ready after replay stopped', value: notReadyAfter, unit: 's' },
      { what: 'ready after it went on', value: readyAfter, unit: 's' },
    ],
    differences,
    elements: trial.elements,
  };
}

async function ready(url: string): Promise<number> {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(10_000) });
  await answer.arrayBuffer();
  return answer.status;
}

/** Reads at a pace at which the whole takes a minute. */
async function slowExport(url: string): Promise<{ lines: number; trailer: number }> {
  const [from, to] = [3, 1].map((days) => new Date(Date.now() - days * 86_400_000).toISOString());
  const request = http.get(`${url}/v1/export/telemetry?service_name=export-of-the-drill&from=${from}&to=${to}`);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const watch = stopwatch();
  let bytes = 0;
  let lines = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      lines += chunk.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
      await sleep(Math.max(0, (bytes / (ROWS * BYTES_PER_ROW)) * EXPORT_S - watch()) * 1000);
    }
  } catch {
    // It was cut: the trailer is missing.
  }
  // Without the header.
  return { lines: lines - 1, trailer: Number(response.trailers['x-row-count'] ?? NaN) };
}

/** Removes what folds leave behind, as autovacuum does in its time. @returns how to stop, which says how many folds there were */
function vacuumAgain(system: SystemUnderTest): () => Promise<number> {
  const seen = new Set<string>();
  const end = repeatedly(async (stop) => {
    const rows = await system.sql<{ at: string }>(
      `SELECT last_success_at::text AS at FROM maintenance_runs WHERE task = 'fold_metrics'`,
    );
    rows.forEach(({ at }) => seen.add(at));
    await system.sql('VACUUM metrics_delta');
    await pause(VACUUM_MS, stop);
  });
  return async () => {
    await end();
    return seen.size - 1;
  };
}
