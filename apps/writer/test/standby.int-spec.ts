import { TELEMETRY } from '@chip/contracts';
import { Database, loadPosition, LoadSession } from '@chip/persistence';
import { migrate } from '@chip/persistence/schema';
import { PrivateServer } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { waitFor } from '@chip/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { PartitionWriter } from '../src/partition/partition-writer.ts';
import type { RefusedElement } from '../src/loaders/refused-element.ts';
import { TelemetryLoader } from '../src/loaders/telemetry-loader.ts';
import { WriterMetrics } from '../src/writer.metrics.ts';
import { batchOf } from './batch-of.ts';
import { telemetryBlock } from './telemetry-block.ts';

const { logger } = createLogger({ name: 'test', level: process.env['TEST_LOG'] ?? 'silent' });
const T0 = Date.parse('2026-01-20T08:00:00Z');

describe('a writer whose database name leads to a hot standby', () => {
  let primary: PrivateServer;
  let standby: PrivateServer;
  let pool: Database;
  beforeAll(async () => {
    primary = await PrivateServer.start({ shared_preload_libraries: 'timescaledb', shared_buffers: '16MB' });
    await migrate(primary.url());
    standby = await primary.startStandby();
    pool = new Database({ url: standby.url(), applicationName: 'chip-test' });
  });
  afterAll(async () => {
    await pool?.close();
    await standby?.stop();
    await primary?.stop();
  });

  const position = () => loadPosition(pool, TELEMETRY.source, 0);
  const samples = async (): Promise<number[]> =>
    (await pool.query<{ value: number }>('SELECT metric_value AS value FROM system_metrics ORDER BY 1')).map(
      ({ value }) => value,
    );
  const writerSessions = () => pool.query(`SELECT FROM pg_stat_activity WHERE application_name LIKE 'chip-writer%'`);

  it('waits without a dead letter and without a connection, and lands the same flush after the promotion', async () => {
    const letters: RefusedElement[] = [];
    const metrics = new WriterMetrics(new Registry());
    let name = primary.url();
    const writer = new PartitionWriter({
      topic: TELEMETRY.accepted,
      sourceTopic: TELEMETRY.source,
      partition: 0,
      session: {
        // A name that follows the primary: where it leads is looked up for every connection.
        get url() {
          return name;
        },
      },
      owner: 'test',
      database: pool,
      acceptedTopicId: async () => null,
      loaderOf: (blocks) => new TelemetryLoader(blocks),
      deadLetters: { send: async (_topic, _partition, refused) => void letters.push(...refused) },
      flushRows: 20_000,
      metrics,
      logger,
      tracing: null,
    });
    try {
      await writer.handle(batchOf(TELEMETRY.accepted, 0, telemetryBlock(TELEMETRY.source, 0, 5, T0)));
      await waitFor(position, (row) => row?.nextOffset === 5n);

      await primary.stop();
      name = standby.url();
      const opened = LoadSession.open({ url: name, applicationName: 'chip-test' });
      await expect(opened).rejects.toMatchObject({
        code: 'database_unavailable',
        retriable: true,
        kind: 'transient',
        sqlstate: '25006',
        connectionLost: true,
      });

      const handled = writer.handle(batchOf(TELEMETRY.accepted, 1, telemetryBlock(TELEMETRY.source, 5, 12, T0 + 1)));
      handled.catch(() => undefined);
      const retries = async () => (await metrics.retries.get()).values;
      await waitFor(retries, ([first]) => (first?.value ?? 0) >= 4);
      expect(writer.state).toBe('waiting_for_database');
      await waitFor(writerSessions, (sessions) => sessions.length === 0);
      expect(await samples()).toEqual([0, 1, 2, 3, 4]);

      await standby.promote();
      await handled;
      expect(writer.state).toBe('running');
      expect(await samples()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      // The state is noted beside the flush, not in it.
      expect(await waitFor(position, (row) => row?.state === 'running')).toMatchObject({
        nextOffset: 12n,
        acceptedOffset: 2n,
        state: 'running',
        records: 12n,
        elements: 12n,
        applied: 12n,
        deadLettered: 0n,
        duplicates: 0n,
      });
      expect(letters).toEqual([]);
      expect((await retries()).map(({ labels }) => labels.reason)).toEqual(['database_unavailable']);
      expect((await metrics.rows.get()).values).toMatchObject([{ value: 12 }]);
    } finally {
      await writer.release();
    }
  });
});
