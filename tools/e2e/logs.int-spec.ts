import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { Pipeline, type Service } from './pipeline.ts';

const SAMPLES = 'telemetry.samples.v1';
const RESULTS = 'inspection.results.v1';
/** Stands in every value that is planted, and nowhere else. */
const PLANTED = 'pl4nt3d';
/** What a constraint of the database refuses although ingest accepts it. */
const REFUSED = `${PLANTED}-refused`;
const WRONG_KEY = `chip_0123456789_${PLANTED}${'A'.repeat(43 - PLANTED.length)}`;

let pipeline: Pipeline;
let services: Record<'ingest' | 'writer' | 'query', Service>;
let key: string;

beforeAll(async () => {
  pipeline = await Pipeline.create();
  const env = { LOG_LEVEL: 'trace' };
  const [ingest, writer, query] = await Promise.all([
    pipeline.start('ingest', env),
    pipeline.start('writer', env),
    pipeline.start('query', { ...env, AUTH_MODE: 'keys' }),
  ]);
  services = { ingest, writer, query };
  const rights = ['--role', 'admin', '--quiet', '--reason', 'a test'];
  key = (await pipeline.run('operator', 'keys', ['create', ...rights])).trim();
}, 300_000);
afterAll(async () => {
  await pipeline?.close();
}, 180_000);

/** All that a service printed, also what {@link Service.output} no longer holds. */
function logOf(name: keyof typeof services): string {
  const { port } = new URL(services[name].url);
  return readFileSync(path.join(import.meta.dirname, `../test-results/e2e-${name}-${port}.log`), 'utf8');
}
const ask = (url: string, init: RequestInit = {}, credential = key): Promise<Response> =>
  fetch(services.query.url + url, {
    ...init,
    headers: { authorization: `Bearer ${credential}`, ...(init.headers as object) },
  });
const schedule = (data: object): Promise<Response> =>
  ask('/v1/inspections', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ lot_id: `${PLANTED}-lot`, chip_id: 'c', inspection_type: 'visual', ...data }),
  });
const event = (data: object): string =>
  JSON.stringify({
    lot_id: `${PLANTED}-lot`,
    chip_id: `${PLANTED}-chip`,
    inspection_type: 'visual',
    status: 'completed',
    result: 'pass',
    occurred_at: new Date().toISOString(),
    metadata: { note: `${PLANTED}-note` },
    measurements: [{ name: `${PLANTED}-width`, value: 1, unit: 'nm' }],
    ...data,
  });
const sample = (data: object): string =>
  JSON.stringify({
    time: new Date().toISOString(),
    service_name: `${PLANTED}-service`,
    metric_name: `${PLANTED}-metric`,
    metric_value: 1,
    host: `${PLANTED}-host`,
    tags: { note: `${PLANTED}-tag` },
    ...data,
  });

describe('the logs at their most talkative', () => {
  it('tell what happened', async () => {
    await pipeline.database.query(`ALTER TABLE system_metrics ADD CHECK (service_name <> '${REFUSED}')`);
    await pipeline.database.query(`ALTER TABLE inspection_attempts ADD CHECK (wafer_id <> '${REFUSED}')`);
    await pipeline.database.query(`ALTER TABLE lots ADD CHECK (lot_id <> '${REFUSED}')`);
    await pipeline.produce(SAMPLES, [
      { key: `${PLANTED}-key`, value: sample({}), headers: { note: `${PLANTED}-header` } },
      { key: 'k', value: `[${sample({})}, ${sample({ metric_value: `${PLANTED}-value` })}]` },
      { key: 'k', value: `{"broken": "${PLANTED}-json` },
      { key: 'k', value: sample({ service_name: REFUSED }) },
    ]);
    await pipeline.produce(RESULTS, [
      { key: `${PLANTED}-lot`, value: event({ event_id: '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a01' }) },
      { key: 'k', value: event({ event_id: '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a02', result: `${PLANTED}-result` }) },
      { key: 'k', value: event({ event_id: '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a03', wafer_id: REFUSED }) },
      // The same event id with other content.
      { key: 'k', value: event({ event_id: '0b0e7a35-6d06-4b6c-8d0e-7d4a4c8f7a01', chip_id: `${PLANTED}-other` }) },
    ]);
    await pipeline.untilIdle();
    const letters = [...(await pipeline.letters(SAMPLES)), ...(await pipeline.letters(RESULTS))];
    expect(letters.map(({ headers }) => headers['stage']).sort()).toEqual(
      expect.arrayContaining(['ingest', 'ingest', 'ingest', 'writer', 'writer']),
    );

    const statuses = [
      await schedule({}),
      await schedule({}),
      await schedule({ lot_id: REFUSED, chip_id: `${PLANTED}-c` }),
      await schedule({ priority: `${PLANTED}-priority` }),
      await ask(`/v1/inspections?lot_id=${PLANTED}&metadata.note=${PLANTED}-note`),
      await ask(`/v1/inspections?${PLANTED}=1`),
      await ask(`/v1/lots/${PLANTED}-nowhere`),
      await ask(`/v1/export/inspections?lot_id=${PLANTED}-lot`),
      await ask('/v1/yield', {}, WRONG_KEY),
      await ask('/v1/yield', {}, `${PLANTED}-token`),
    ].map(({ status }) => status);
    expect(statuses.slice(0, 2)).toEqual([201, 409]);
    expect(statuses.slice(3)).toEqual([400, 200, 400, 404, 200, 401, 401]);
    // A defect of the schema, and a database that cuts every connection in the middle.
    await pipeline.database.query('ALTER TABLE lots RENAME COLUMN site TO site_away');
    expect((await ask(`/v1/lots/${PLANTED}-lot`)).status).toBe(500);
    await pipeline.database.query('ALTER TABLE lots RENAME COLUMN site_away TO site');
    await pipeline.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'chip-%'`,
    );
    await pipeline.produce(SAMPLES, [{ key: 'k', value: sample({ host: `${PLANTED}-after` }) }]);
    await pipeline.untilIdle();
    await waitFor(async () => (await ask('/v1/yield')).status === 200);

    expect(logOf('query')).toContain('request_failed');
    for (const name of ['ingest', 'writer', 'query'] as const) {
      expect(await pipeline.end(services[name])).toBe(0);
      expect(logOf(name)).toContain('service_stopped');
    }
  }, 300_000);

  it('hold no value of a row or request, no key and no password', () => {
    const { password } = new URL(process.env['DATABASE_URL']!);
    const secrets = [PLANTED, key.slice(-43), ...(password === '' ? [] : [password])];
    for (const name of ['ingest', 'writer', 'query'] as const) {
      const lines = logOf(name).split('\n');
      expect([name, lines.length > 5]).toEqual([name, true]);
      expect(lines.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
    }
  });
});
