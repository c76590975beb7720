import 'reflect-metadata';
import { deadLetterKey, deadLetterTopic, replayOf } from '@chip/contracts';
import { readTopic } from '@chip/kafka';
import { initPosition, resumePartition } from '@chip/persistence';
import { createLogger } from '@chip/service';
import { waitFor } from '@chip/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { KafkaDeadLetters } from '../src/dead-letters.ts';
import type { RefusedElement } from '../src/loaders/refused-element.ts';
import { PartitionStatus } from '../src/partition/partition-status.ts';
import { WriterMetrics } from '../src/writer.metrics.ts';
import { batchOf } from './batch-of.ts';
import { range, WriterServers, WriterStage } from './writer-stage.ts';

const T0 = Date.parse('2026-01-20T08:00:00Z');
const { logger } = createLogger({ name: 'test', level: 'silent' });

let servers: WriterServers;
let stage: WriterStage;

beforeAll(async () => {
  servers = await WriterServers.connect();
});
afterAll(() => servers.close());
afterEach(async () => {
  await stage.stop();
  await servers.db.database.query('DROP TRIGGER IF EXISTS hindrance ON system_metrics');
  expect(stage.fatals).toEqual([]);
});

/** Runs `body` for every row of telemetry that satisfies `condition`. */
const hinder = async (body: string, condition = 'true'): Promise<void> => {
  await servers.db.database.query(
    `CREATE OR REPLACE FUNCTION hinder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NEW; END $$`,
  );
  await servers.db.database.query(
    `CREATE TRIGGER hindrance BEFORE INSERT ON system_metrics FOR EACH ROW WHEN (${condition}) EXECUTE FUNCTION hinder()`,
  );
};
const publish = (partition: number, from: number, to: number, value = 0): Promise<void> =>
  stage.publish({ ...stage.block(from, to, T0, value), sourcePartition: partition });

describe('what fails for one partition', () => {
  it('an unforeseen error: that partition stops by name and retries, the other goes on', async () => {
    stage = await WriterStage.make(servers, {}, 2);
    await hinder(`RAISE EXCEPTION 'damaged' USING ERRCODE = 'XX001';`, 'NEW.metric_value < 1000');
    await stage.start();
    await publish(0, 0, 5);
    await publish(1, 0, 5, 1000);
    expect((await stage.isAt(0, 'database_refuses'))?.stateReason).toContain('XX001');
    await stage.isAt(5, 'running', 1);
    await servers.db.database.query('DROP TRIGGER hindrance ON system_metrics');
    await stage.isAt(5);
    expect(await stage.values()).toEqual([...range(0, 5), ...range(1000, 1005)]);
    const of = async (name: string) =>
      (await stage.metrics.visibleSeconds.get()).values.find(({ metricName }) => metricName?.endsWith(name))?.value;
    // Once per block, from its append to its commit; a reader of the database may see the rows first.
    await waitFor(
      () => of('_count'),
      (count) => count === 2,
    );
    expect((await of('_sum'))! / 2).toBeGreaterThan((Date.now() - T0) / 1000 - 600);
  });

  it('dead letters that are not accepted: nothing is skipped; an operator makes it retry at once', async () => {
    stage = await WriterStage.make(servers);
    await hinder(`RAISE EXCEPTION 'no' USING ERRCODE = '23514';`, 'NEW.metric_value = 2');
    let isRefusing = true;
    stage.sendLetters = async (_topic, _partition, refused) => {
      if (isRefusing) {
        throw new Error('TOPIC_AUTHORIZATION_FAILED');
      }
      stage.letters.push(...refused);
    };
    await stage.start();
    await publish(0, 0, 5);
    expect((await stage.isAt(0, 'dead_letters_refused'))?.stateReason).toContain('TOPIC_AUTHORIZATION_FAILED');
    isRefusing = false;
    await servers.db.database.withTransaction((transaction) =>
      resumePartition(transaction, { ...stage.who(), from: 0n }),
    );
    await stage.isAt(5);
    expect(stage.letters.map(({ sourceOffset }) => sourceOffset)).toEqual([2]);
    expect(await stage.values()).toEqual([0, 1, 3, 4]);
  });

  it('refused rows: a letter of each, more than are sent at once', async () => {
    stage = await WriterStage.make(servers);
    const letters = deadLetterTopic(stage.machine);
    await servers.kafka.createTopic(letters);
    servers.kafka.removeLater(letters);
    const refused = range(0, 101).map((n): RefusedElement => ({
      sourceOffset: n,
      place: n % 2 === 0 ? undefined : n,
      refusal: { code: 'database_rejected', detail: 'no' },
      normalised: { metric_value: n },
      ...(n === 7 ? { replay: { of: 'old/0/1', count: 4 } } : {}),
    }));
    await new KafkaDeadLetters(servers.producer, stage.metrics, logger).send(stage.machine, 0, refused);
    const stored: unknown[] = [];
    for await (const { key, value, headers } of readTopic(servers.kafka.connection('test'), logger, letters)) {
      stored.push([String(key), String(value), replayOf(headers)]);
    }
    expect(stored).toEqual(
      refused.map(({ sourceOffset, place, normalised, replay }) => [
        deadLetterKey(stage.machine, 0, sourceOffset, place),
        JSON.stringify(normalised),
        replay,
      ]),
    );
  });

  it('a locked position: that partition waits by name, the other goes on, and nothing is lost after', async () => {
    const url = new URL(servers.db.url);
    url.searchParams.set('options', '-c lock_timeout=500');
    stage = await WriterStage.make(servers, { session: { url: url.toString() } }, 2);
    await stage.start();
    await publish(0, 0, 5);
    await publish(1, 0, 5, 1000);
    await Promise.all([stage.isAt(5), stage.isAt(5, 'running', 1)]);
    await servers.db.database.withTransaction(async (holder) => {
      await holder.query('SELECT FROM stream_positions WHERE source_topic = $1 AND source_partition = 0 FOR UPDATE', [
        stage.machine,
      ]);
      await publish(0, 5, 9);
      await waitFor(
        () => stage.writers.get(0)?.state,
        (state) => state === 'waiting_for_database',
      );
      await publish(1, 5, 9, 1000);
      await stage.isAt(9, 'running', 1);
    });
    await stage.isAt(9);
    expect(await stage.values()).toEqual([...range(0, 9), ...range(1000, 1009)]);
  });

  it('a flush that never ends within its time: halved until it passes, no row lost or written twice', async () => {
    const url = new URL(servers.db.url);
    url.searchParams.set('options', '-c statement_timeout=2000');
    stage = await WriterStage.make(servers, { session: { url: url.toString() }, flushRows: 64 });
    await hinder('PERFORM pg_sleep(0.1);');
    await stage.start();
    await publish(0, 0, 64);
    await stage.isAt(64);
    expect(await stage.values()).toEqual(range(0, 64));
    const deltas = await servers.db.database.query<{ n: number }>(
      'SELECT sum(sample_count)::int AS n FROM metrics_delta',
    );
    expect(deltas).toEqual([{ n: 64 }]);
    expect((await stage.metrics.flushes.get()).values[0]?.value).toBeGreaterThan(1);
  });

  it('a flush that needs more memory or locks than the server has: halved until it passes, no row lost or written twice', async () => {
    stage = await WriterStage.make(servers, { flushRows: 64 });
    // As a server does that has too few locks for the chunks of one transaction.
    await hinder(`
      PERFORM set_config('test.rows', (coalesce(nullif(current_setting('test.rows', true), ''), '0')::int + 1)::text, true);
      IF current_setting('test.rows')::int > 16 THEN RAISE EXCEPTION 'out of shared memory' USING ERRCODE = '53200'; END IF;`);
    await stage.start();
    await publish(0, 0, 64);
    await stage.isAt(64);
    expect(await stage.values()).toEqual(range(0, 64));
  });

  it('a session that the next owner has ended: the batch is left to that owner, not fought for', async () => {
    stage = await WriterStage.make(servers);
    await hinder('PERFORM pg_sleep(0.5);');
    await stage.start();
    await publish(0, 0, 8);
    const [session] = await waitFor(
      () =>
        servers.db.database.query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY %'`,
        ),
      (rows) => rows.length === 1,
    );
    // As the take-over does: it writes itself down, then ends the session of the former owner.
    await servers.db.database.query(
      `UPDATE stream_positions SET owner = 'another', backend_pid = 1, backend_started_at = '2000-01-01' WHERE source_topic = $1`,
      [stage.machine],
    );
    await servers.db.database.query('SELECT pg_terminate_backend($1)', [session!.pid]);
    await servers.db.database.query('DROP TRIGGER hindrance ON system_metrics');
    // The group gives the partition to its only member again.
    await stage.isAt(8);
    expect(await stage.values()).toEqual(range(0, 8));
    expect((await stage.metrics.retries.get()).values).toEqual([]);
  });
});

describe('a partition that is lost during a flush', () => {
  it('does not wait until the database is done with it', async () => {
    // Neither the server nor the writer gives up by itself.
    const url = new URL(servers.db.url);
    url.searchParams.set('options', '-c lock_timeout=0');
    stage = await WriterStage.make(servers, { session: { url: url.toString(), deadlineMs: 3_600_000 } });
    const writer = stage.writerOf(0);
    await writer.handle(batchOf(stage.accepted, 0, stage.block(0, 5, T0)));
    const assigned = new AbortController();
    await servers.db.database.withTransaction(async (holder) => {
      await holder.query('LOCK TABLE system_metrics IN EXCLUSIVE MODE');
      const handled = writer.handle(batchOf(stage.accepted, 1, stage.block(5, 9, T0), assigned.signal));
      await waitFor(
        () =>
          servers.db.database.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY %'`,
          ),
        (rows) => rows.length === 1,
      );
      assigned.abort();
      await handled;
    });
    expect(await stage.position()).toMatchObject({ nextOffset: 5n, state: 'running' });
    expect(await stage.values()).toEqual(range(0, 5));
  });
});

describe('a former owner that does not know yet', () => {
  const formerStatus = (): PartitionStatus =>
    new PartitionStatus({
      sourceTopic: stage.machine,
      partition: 0,
      owner: 'former',
      database: servers.db.database,
      metrics: new WriterMetrics(new Registry()),
      logger,
    });

  it('leaves the state of its successor alone, so that a stop does not look as if a person had ended it', async () => {
    stage = await WriterStage.make(servers);
    await stage.start();
    await publish(0, 0, 5);
    await stage.isAt(5);
    await formerStatus().showStored('waiting_for_database', 'as of before');
    expect(await stage.position()).toMatchObject({ state: 'running', owner: 'test' });

    await hinder(`RAISE EXCEPTION 'damaged' USING ERRCODE = 'XX001';`);
    await publish(0, 5, 9);
    await stage.isAt(5, 'database_refuses');
    const former = formerStatus();
    former.adopt('waiting_for_database', 'as of before');
    await former.showStored('running', null);
    expect(await stage.position()).toMatchObject({ state: 'database_refuses', owner: 'test' });
  });

  it('stores nothing more once it knows', async () => {
    stage = await WriterStage.make(servers);
    await initPosition(servers.db.database, stage.machine, 0, 0n, 0n);
    const former = formerStatus();
    let storing!: Promise<void>;
    await servers.db.database.withTransaction(async (holder) => {
      await holder.query('SELECT FROM stream_positions WHERE source_topic = $1 FOR UPDATE', [stage.machine]);
      storing = former.showStored('gap', 'as of before');
      former.withdraw();
    });
    await storing;
    expect((await stage.position())?.state).toBe('gap');
    former.show('database_refuses');
    await former.showStored('database_refuses', null);
    expect((await stage.position())?.state).toBe('gap');
    expect(former.state).toBe('running');
  });

  it('states why it cannot begin where its predecessor has ended', async () => {
    stage = await WriterStage.make(servers);
    await stage.start();
    await publish(0, 0, 5);
    await stage.isAt(5);
    await stage.stop();
    await formerStatus().showStored('database_refuses', 'as of now');
    expect(await stage.position()).toMatchObject({ state: 'database_refuses', owner: 'test' });
  });
});
