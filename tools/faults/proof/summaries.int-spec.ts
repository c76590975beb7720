/** A comparison proves sums only if it refuses wrong ones: a change in any of the tables must be noticed. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMigratedDatabase, dropDatabase, requiredEnv, withDatabase } from '@chip/testing';
import pg from 'pg';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import { runOperator } from '../system/system.ts';
import { keepSummingUp, readSummaryDifferences } from './summaries.ts';

const STORE = `
  INSERT INTO lots (id, lot_id) VALUES (md5('lot')::uuid, 'L1');
  INSERT INTO inspections (id, lot_id, chip_id, inspection_type, status, result, completed_at)
  SELECT md5('unit' || n)::uuid, md5('lot')::uuid, n::text, 'visual', 'completed', 'pass', '2026-01-02Z' FROM generate_series(1, 9) AS n;
  INSERT INTO inspection_attempts (inspection_id, attempt_key, lot_id, inspection_type, status, result, occurred_at, first_occurred_at,
    event_id, event_ids, completed_at, attempt_no, hard_bin)
  SELECT md5('unit' || n)::uuid, 'a:' || attempt, md5('lot')::uuid, 'visual', 'completed', CASE WHEN attempt = 1 THEN 'fail' ELSE 'pass' END,
    '2026-01-01Z'::timestamptz + attempt * INTERVAL '8 hours', '2026-01-01Z', event, ARRAY[event],
    '2026-01-01Z'::timestamptz + attempt * INTERVAL '8 hours', attempt, n
  FROM generate_series(1, 9) AS n CROSS JOIN generate_series(1, 3) AS attempt CROSS JOIN LATERAL (SELECT md5(n || ' ' || attempt)::uuid AS event) AS e
  WHERE attempt <= n;
  INSERT INTO measurements (inspection_id, event_id, time, name, value, unit)
  SELECT inspection_id, event_id, occurred_at, 'gate_cd', nullif(hard_bin, 5), 'nm' FROM inspection_attempts;
  INSERT INTO defects (inspection_id, event_id, time, defect_no, class, x_um, y_um)
  SELECT inspection_id, event_id, occurred_at, 1, 'scratch', 0, 0 FROM inspection_attempts`;

describe('sums of attempts', () => {
  const server = requiredEnv('DATABASE_URL');
  const name = `faults_${randomBytes(6).toString('hex')}`;
  let database: pg.Client;
  const sql = async (text: string): Promise<never[]> => (await database.query(text)).rows as never[];
  const differences = (): Promise<string[]> => readSummaryDifferences(sql);

  beforeAll(async () => {
    const { signal } = new AbortController();
    await createMigratedDatabase(server, name, (url) =>
      runOperator(REPOSITORY_ROOT, 'db', ['migrate'], { DATABASE_URL: url }, signal),
    );
    database = new pg.Client({ connectionString: withDatabase(server, name) });
    await database.connect();
    await sql(STORE);
  });
  afterAll(async () => {
    await database?.end();
    await dropDatabase(server, name);
  });

  it('are accepted before and after their days are summed up', async () => {
    expect(await differences()).toEqual([]);
    const ended = new AbortController();
    await keepSummingUp(async (text) => {
      const rows = await sql(text);
      const [left] = await sql('SELECT day FROM attempt_day_changes LIMIT 1');
      if (left === undefined) {
        ended.abort();
      }
      return rows;
    }, ended.signal);
    expect(await sql('SELECT FROM daily_measured')).not.toEqual([]);
    expect(await differences()).toEqual([]);
  });

  it.each([
    ['yield_delta', 'insertions = insertions + 1', /^yield .* counted .* but summed /],
    ['yield_delta', 'units = units - 1', /^yield /],
    ['yield_delta', 'superseded_worst = superseded_worst + 1', /^yield /],
    ['daily_attempts', 'attempts = attempts + 1', /^attempts of a day /],
    ['daily_attempts', 'choices = choices # 1', /^attempts of a day /],
    ['daily_defects', 'defects = defects + 1', /^defects of a day /],
    ['daily_measured', 'missing = missing + 1', /^values of a day .* counted .* but summed /],
    ['daily_measured_lots', 'values = values + 1', /^values of a day .* counted .* but summed /],
    ['daily_measured_lots', 'greatest = greatest + 1', /^values of a day .* counted .* but summed /],
  ])('are refused after %s: %s', async (table, change, message) => {
    await sql(`CREATE TABLE kept AS SELECT * FROM ${table}`);
    await sql(`UPDATE ${table} SET ${change} WHERE ctid = (SELECT ctid FROM ${table} LIMIT 1)`);
    expect(await differences()).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
    await sql(`TRUNCATE ${table}`);
    await sql(`INSERT INTO ${table} SELECT * FROM kept; DROP TABLE kept`);
    expect(await differences()).toEqual([]);
  });

  it('are refused where a day that has changed is not marked', async () => {
    await sql(`
      ALTER TABLE inspection_attempts DISABLE TRIGGER day_changes_update;
      UPDATE inspection_attempts SET hard_bin = 99 WHERE event_id = (SELECT event_id FROM inspection_attempts LIMIT 1)`);
    expect((await differences()).join()).toMatch(/^attempts of a day .*99.* counted .* but summed nothing/);
  });
});
