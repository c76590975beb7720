import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { LoadSession, startMaintenance } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';
import { DatabaseMeasures } from '../src/upkeep/measures.ts';

describe('measures of the database', () => {
  let db: TestDatabase;
  /** With the rights of the writer, and no others. */
  let writer: LoadSession;
  let registry = new Registry();
  let measures = new DatabaseMeasures(registry);
  beforeAll(async () => {
    db = await createTestDatabase();
    writer = await LoadSession.open({ url: db.url, applicationName: 'chip-test-measures' });
    await writer.query('SET ROLE chip_writer');
  });
  afterEach(() => {
    registry = new Registry();
    measures = new DatabaseMeasures(registry);
  });
  afterAll(async () => {
    await writer.close();
    await db.drop();
  });

  const shown = async (from = registry): Promise<Record<string, number>> => {
    const text = (await from.metrics()).split('\n').filter((line) => line.startsWith('chip_database_'));
    return Object.fromEntries(
      text.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
    );
  };
  const run = async (name: string): Promise<Record<string, number>> => {
    await measures.all[name]!.run(writer);
    return shown();
  };

  it('has no value before it has been read, and the writer may read each', async () => {
    expect(await shown()).toEqual({});
    for (const name of Object.keys(measures.all)) {
      await run(name);
    }
    const names = new Set(Object.keys(await shown()).map((name) => name.replace(/\{.*/, '')));
    expect(names).toEqual(
      new Set([
        'chip_database_unfolded_deltas',
        'chip_database_days_to_sum_up',
        'chip_database_summary_age_seconds',
        'chip_database_failed_jobs',
        'chip_database_server_connections',
        'chip_database_server_connections_max',
        'chip_database_oldest_snapshot_seconds',
        'chip_database_bytes',
        'chip_database_shared_buffers_bytes',
      ]),
    );
    measures.clear();
    expect(await shown()).toEqual({});
  });

  it('counts what waits for the next fold, and the days that changed', async () => {
    await db.database.query(
      `INSERT INTO attempt_day_changes (day) VALUES ('2026-01-01'), ('2026-01-01'), ('2026-01-02')`,
    );
    await db.database.query(
      `INSERT INTO metrics_delta SELECT now(), 's', 'm', NULL, 1, 1, 1, 1 FROM generate_series(1, 3)`,
    );
    expect(await run('queues')).toEqual({
      'chip_database_unfolded_deltas{queue="metrics"}': 3,
      'chip_database_unfolded_deltas{queue="yield"}': 0,
      chip_database_days_to_sum_up: 2,
    });
    await db.database.query('SELECT fold_metrics()');
    expect(await run('queues')).toMatchObject({ 'chip_database_unfolded_deltas{queue="metrics"}': 0 });
  });

  it('shows where each position is and how long its records wait, as far as it is known', async () => {
    await db.database.query(
      `INSERT INTO stream_positions (source_topic, source_partition, next_offset, accepted_offset, origin_offset, high_watermark, append_time)
       VALUES ('t', 0, 10, 0, 0, 25, now() - INTERVAL '1 hour'), ('t', 1, 10, 0, 0, 8, now() - INTERVAL '1 day'),
         ('t', 2, 10, 0, 0, NULL, now()), ('t', 3, 0, 0, 0, 5, NULL)`,
    );
    const values = await run('positions');
    const of = (metric: string) =>
      [0, 1, 2, 3].map((partition) => values[`chip_database_position_${metric}{topic="t",partition="${partition}"}`]);
    expect(of('offset')).toEqual([10, 10, 10, 0]);
    expect(of('waiting_records')).toEqual([15, 0, undefined, 5]);
    expect(of('lag_seconds')).toEqual([expect.any(Number), 0, undefined, undefined]);
    expect(of('lag_seconds')[0]).toBeGreaterThanOrEqual(3_600);
    await db.database.query(`DELETE FROM stream_positions WHERE source_topic = 't'`);
    expect(await run('positions')).toEqual({});
  });

  it('shows the age of tasks, folds and the summary', async () => {
    await db.database.query(
      `INSERT INTO maintenance_runs (task, last_run_at, last_success_at)
       VALUES ('fold_yield', now(), now() - INTERVAL '2 minutes'), ('sum_up_days', now(), NULL)`,
    );
    // A task that has never succeeded is as old as the schema that it came with, at most.
    await db.database.query(`UPDATE schema_migrations SET executed_at = executed_at - INTERVAL '2 days'`);
    await db.database.query(`UPDATE summary_refreshes SET refreshed_at = now() - INTERVAL '3 hours'`);
    const values = await run('upkeep');
    expect(Object.keys(values).sort()).toEqual([
      'chip_database_failed_jobs',
      'chip_database_rollup_age_seconds{rollup="yield"}',
      'chip_database_summary_age_seconds',
      'chip_database_task_age_seconds{task="fold_yield"}',
      'chip_database_task_age_seconds{task="sum_up_days"}',
    ]);
    expect(values['chip_database_rollup_age_seconds{rollup="yield"}']).toBeGreaterThanOrEqual(120);
    expect(values['chip_database_task_age_seconds{task="sum_up_days"}']).toBeGreaterThanOrEqual(2 * 86_400);
    expect(values['chip_database_summary_age_seconds']).toBeGreaterThanOrEqual(3 * 3_600);
  });

  it('leaves out tasks of another version, which nobody runs', async () => {
    await db.database.query(
      `INSERT INTO maintenance_runs (task, last_run_at, last_success_at)
       VALUES ('of_an_earlier_version', now(), now() - INTERVAL '1 year')`,
    );
    const own = new DatabaseMeasures((registry = new Registry()), undefined, ['fold_yield']);
    await own.all['upkeep']!.run(writer);
    expect(Object.keys(await shown()).filter((name) => name.includes('task_age'))).toEqual([
      'chip_database_task_age_seconds{task="fold_yield"}',
    ]);
    await db.database.query(`DELETE FROM maintenance_runs WHERE task = 'of_an_earlier_version'`);
  });

  it('notices a snapshot that another user holds', async () => {
    const holder = await LoadSession.open({ url: db.url, applicationName: 'chip-test-holder' });
    const began = performance.now();
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query('SELECT 1');
    await run('server');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const held = (await run('server'))['chip_database_oldest_snapshot_seconds']!;
    expect(held).toBeGreaterThan(0.015);
    expect(held).toBeLessThanOrEqual((performance.now() - began) / 1000 + 1);
    await holder.query('ROLLBACK');
    await holder.close();
  });

  it('is set by the process that does the upkeep, and gone when that ends', async () => {
    const registry = new Registry();
    const warnings: object[] = [];
    await db.database.query('ALTER TABLE yield_delta RENAME TO yield_delta_gone');
    const maintenance = startMaintenance({
      url: db.url,
      log: { info: () => undefined, warn: (facts) => warnings.push(facts) },
      registry,
    });
    const until = async (condition: (values: Record<string, number>) => boolean): Promise<void> => {
      const deadline = performance.now() + 60_000;
      for (;;) {
        const values = await shown(registry);
        if (condition(values)) {
          return;
        }
        if (performance.now() > deadline) {
          throw new Error(`not within a minute: ${JSON.stringify({ values, warnings })}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await until((values) => values['chip_database_bytes']! > 0);
    await until(() => warnings.some((facts) => 'measure' in facts && facts.measure === 'queues'));
    expect(Object.keys(await shown(registry)).filter((name) => name.includes('unfolded'))).toEqual([]);
    await db.database.query('ALTER TABLE yield_delta_gone RENAME TO yield_delta');
    await until((values) => 'chip_database_unfolded_deltas{queue="yield"}' in values);
    await maintenance.stop();
    expect(await shown(registry)).toEqual({});
  });
});
