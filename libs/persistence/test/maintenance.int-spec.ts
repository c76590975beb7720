import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { LoadSession, type Maintenance, rebuildRollups, startMaintenance } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

describe('maintenance', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  const until = async (what: string, condition: () => Promise<boolean> | boolean): Promise<void> => {
    const deadline = performance.now() + 60_000;
    while (!(await condition())) {
      if (performance.now() > deadline) {
        throw new Error(`not within 20 s: ${what}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const start = (events: string[] = [], registry?: Registry, deadlineMs?: number): Maintenance =>
    startMaintenance({
      url: db.url,
      applicationName: 'chip-test-maintenance',
      retryMs: 50,
      log: {
        info: (_, event) => events.push(event),
        warn: (facts, event) => events.push(`${event} ${JSON.stringify(facts)}`),
      },
      ...(registry ? { registry } : {}),
      ...(deadlineMs ? { deadlineMs } : {}),
    });
  const change = { actor: 'somebody', reason: 'repair' };
  const addDelta = (): Promise<object[]> =>
    db.database.query(`INSERT INTO metrics_delta VALUES ('2026-01-20T05:00:00Z', 's', 'm', NULL, 1, 1, 1, 1)`);
  const unfolded = async (): Promise<number> =>
    (await db.database.query<{ n: number }>('SELECT count(*) AS n FROM metrics_delta'))[0]?.n ?? -1;

  it('is done by one process, taken over when that one loses its session, and stops', async () => {
    const registry = new Registry();
    const events: string[] = [];
    const first = start(events, registry);
    await until('the first is active', () => first.active);
    const second = start(events);
    await addDelta();
    await until('the delta is folded', async () => (await unfolded()) === 0);
    expect([first.active, second.active]).toEqual([true, false]);
    await db.database.query(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
       WHERE locktype = 'advisory' AND granted AND d.datname = $1`,
      [db.name],
    );
    await until('exactly one is active again', () => first.active !== second.active);
    await addDelta();
    await until('the delta is folded', async () => (await unfolded()) === 0);
    await first.stop();
    await until('the second is active', () => second.active);
    await second.stop();
    expect([first.active, second.active]).toEqual([false, false]);
    expect(await registry.metrics()).toMatch(/chip_maintenance_runs_total\{task="fold_metrics",outcome="ok"\} [1-9]/);
    const [left] = await db.database.query<{ n: number }>(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'chip-test-maintenance' AND datname = $1`,
      [db.name],
    );
    expect(left?.n).toBe(0);
  });

  it('stops at once when it is asked to while it connects', async () => {
    await start().stop();
    // Nobody is left who holds the lock.
    const next = start();
    await until('the next one is active', () => next.active);
    await next.stop();
  });

  it('goes on with the other tasks when one fails', async () => {
    const events: string[] = [];
    await db.database.query('ALTER FUNCTION fold_yield(integer) RENAME TO fold_yield_gone');
    const maintenance = start(events);
    try {
      await addDelta();
      await until('the failure is logged', () => events.some((event) => event.includes('fold_yield')));
      await until('the delta is folded', async () => (await unfolded()) === 0);
    } finally {
      await maintenance.stop();
      await db.database.query('ALTER FUNCTION fold_yield_gone(integer) RENAME TO fold_yield');
    }
  });

  it('goes on with the other tasks while one sleeps, and ends that one at its deadline', async () => {
    const summary = 'refresh_daily_inspection_summary()';
    await db.database.query(`ALTER FUNCTION ${summary} RENAME TO refresh_kept`);
    await db.database.query(
      `CREATE FUNCTION ${summary} RETURNS timestamptz LANGUAGE sql AS 'SELECT now() FROM pg_sleep(600)'`,
    );
    await db.database.query('TRUNCATE maintenance_runs');
    const noted = async () =>
      (await db.database.query<{ task: string }>('SELECT task FROM maintenance_runs WHERE last_error IS NULL')).length;
    const events: string[] = [];
    // Longer than any wait of this test for the others, which need no end of the one that sleeps.
    const first = start(events);
    try {
      await until('all others have run', async () => (await noted()) === 16);
      await addDelta();
      await until('the delta is folded', async () => (await unfolded()) === 0);
      expect(events.filter((event) => event.includes('failed'))).toEqual([]);
    } finally {
      await first.stop();
    }
    const second = start(events, undefined, 300);
    try {
      await until('the end of the one that sleeps is noted', async () => {
        const rows = await db.database.query(
          `SELECT 1 FROM maintenance_runs WHERE task = 'refresh_daily_summary' AND last_error = '57014'`,
        );
        return rows.length === 1;
      });
    } finally {
      await second.stop();
      await db.database.query(`DROP FUNCTION ${summary}`);
      await db.database.query(`ALTER FUNCTION refresh_kept() RENAME TO refresh_daily_inspection_summary`);
    }
  });

  it('ends a COPY whose client went silent, and nothing else', async () => {
    const [silent, idle] = [
      await LoadSession.open({ url: db.url, applicationName: 'chip-test-silent' }),
      await LoadSession.open({ url: db.url, applicationName: 'chip-test-idle' }),
    ];
    await silent.begin();
    let wake: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => (wake = resolve));
    const rows = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('2026-01-20T05:00:00Z\ts\tm\t1\t1\t1\t1\n');
      await asleep;
    };
    const copy = silent.copy(
      'metrics_delta',
      ['bucket', 'service_name', 'metric_name', 'sum_value', 'sample_count', 'min_value', 'max_value'],
      rows() as unknown as Iterable<Buffer>,
    );
    const failure = expect(copy).rejects.toMatchObject({ kind: 'transient', connectionLost: true });
    await until('the COPY waits', async () => {
      const waiting = await db.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'ClientRead' AND query ILIKE 'COPY%'`,
        [silent.backend.pid],
      );
      return waiting.length === 1;
    });
    expect(await db.database.query('SELECT end_stuck_copies() AS n')).toEqual([{ n: 0 }]);
    expect(await db.database.query(`SELECT end_stuck_copies('0 seconds') AS n`)).toEqual([{ n: 1 }]);
    await until('the session is dead', () => silent.dead);
    wake();
    await failure;
    expect(await idle.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await silent.close();
    await idle.close();
  });

  it('rebuilds the roll-ups of a day from raw rows, and only of that day', async () => {
    await db.database.query('TRUNCATE metrics_delta, metrics_hourly_base, metrics_daily_base');
    await db.database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value)
       SELECT date_trunc('day', now(), 'UTC') - INTERVAL '2 days' + n * INTERVAL '10 minutes', 's', 'm', n FROM generate_series(0, 287) AS n`,
    );
    const day = async (days: number): Promise<string> =>
      (
        await db.database.query<{ d: string }>(
          `SELECT (date_trunc('day', now(), 'UTC') AT TIME ZONE 'UTC' - $1::int * INTERVAL '1 day')::date::text AS d`,
          [days],
        )
      )[0]?.d ?? '';
    // What a repair has to replace: folded nonsense and a delta not folded yet, for both days.
    for (const days of [1, 2]) {
      await db.database.query(
        `INSERT INTO metrics_delta SELECT ($1 || 'T05:00:00Z')::timestamptz, 's', 'm', NULL, 1e6, 5, 1, 1`,
        [await day(days)],
      );
    }
    await db.database.query('SELECT fold_metrics(1)');
    // A flush that has written its delta: were it to commit meanwhile, the rebuild would delete the delta without its rows.
    const flush = await LoadSession.open({ url: db.url, applicationName: 'chip-test-flush' });
    await flush.begin();
    await flush.query(`INSERT INTO metrics_delta VALUES ('2026-01-20T05:00:00Z', 's', 'm', NULL, 1, 1, 1, 1)`);
    let isRebuilt = false;
    const rebuilding = rebuildRollups(db.database, await day(2), await day(1), change).finally(
      () => (isRebuilt = true),
    );
    await until('the rebuild waits for the flush', async () => {
      const waiting = await db.database.query(
        `SELECT FROM pg_locks WHERE relation = 'metrics_delta'::regclass AND NOT granted`,
      );
      return isRebuilt || waiting.length > 0;
    });
    expect(isRebuilt).toBe(false);
    await flush.query('ROLLBACK');
    await flush.close();
    expect(await rebuilding).toEqual({ buckets: 24 });
    expect(
      await db.database.query(
        `SELECT sample_count, sum_value, min_value, max_value FROM metrics_daily ORDER BY bucket`,
      ),
    ).toEqual([
      { sample_count: 144, sum_value: (143 * 144) / 2, min_value: 0, max_value: 143 },
      { sample_count: 5, sum_value: 1e6, min_value: 1, max_value: 1 },
    ]);
    const [hourly] = await db.database.query<{ n: number; s: number }>(
      'SELECT sum(sample_count) AS n, sum(sum_value) AS s FROM metrics_hourly',
    );
    expect(hourly).toEqual({ n: 149, s: (143 * 144) / 2 + 1e6 });
    expect(
      await db.database.query('SELECT action, actor, reason FROM audit_log WHERE stream = $1', ['operator']),
    ).toEqual([{ action: 'rollup.rebuild', ...change }]);
  });

  it('refuses to rebuild what the raw rows cannot give back, also behind an earlier retention', async () => {
    const daily = () => db.database.query('SELECT bucket, sample_count FROM metrics_daily ORDER BY bucket');
    const [days] = await db.database.query<{ first: string; past: string }>(
      `SELECT (now() - INTERVAL '50 days')::date::text AS first, (now() - INTERVAL '48 days')::date::text AS past`,
    );
    const { first, past } = days!;
    await db.database.query(
      `INSERT INTO system_metrics (time, service_name, metric_name, metric_value)
       SELECT ($1::text || 'T05:00:00Z')::timestamptz + n * INTERVAL '1 minute', 's', 'm', 1 FROM generate_series(0, 59) AS n`,
      [first],
    );
    await db.database.query(
      `INSERT INTO metrics_delta VALUES (($1::text || 'T05:00:00Z')::timestamptz, 's', 'm', NULL, 60, 60, 1, 1)`,
      [first],
    );
    await rebuildRollups(db.database, first, past, change);
    const whole = await daily();
    // By hand, as nobody should: only the count tells.
    await db.database.query(`DELETE FROM system_metrics WHERE time = ($1::text || 'T05:30:00Z')::timestamptz`, [first]);
    await expect(rebuildRollups(db.database, first, past, change)).rejects.toMatchObject({
      code: 'rollup_range_refused',
      message: expect.stringContaining(`${first} 05:00:00+00 has 59 raw rows, and its roll-up counts 60`),
    });
    // A month was the setting for a while; what it deleted does not come back with a longer one.
    for (const keep of ['30 days', null]) {
      await db.database.query(
        `SELECT set_retention('system_metrics', $1::interval), apply_retention('system_metrics')`,
        [keep],
      );
    }
    await expect(rebuildRollups(db.database, first, past, change)).rejects.toThrow('its raw rows are gone');
    await db.database.query(`SELECT set_retention('system_metrics', '90 days')`);
    await expect(rebuildRollups(db.database, first, past, change)).rejects.toThrow('its raw rows are gone');
    expect(await daily()).toEqual(whole);
    await expect(rebuildRollups(db.database, '2020-01-01', '2020-01-02', change)).rejects.toThrow('raw rows are gone');
    await expect(rebuildRollups(db.database, '2026-01-02', '2026-01-01', change)).rejects.toThrow('Expected two days');
    await expect(rebuildRollups(db.database, "x'; --", '2026-01-01', change)).rejects.toThrow('Expected two days');
  });
});
