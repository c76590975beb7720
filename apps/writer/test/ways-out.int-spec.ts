import 'reflect-metadata';
import { type Block, encodeBlock } from '@chip/contracts';
import { acceptRecreation, giveUpGap, resumePartition, startPosition } from '@chip/persistence';
import { waitFor } from '@chip/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { range, WriterServers, WriterStage } from './writer-stage.ts';

const T0 = Date.parse('2026-01-20T08:00:00Z');
const MIB = 1024 * 1024;
const GZIP = 1;

let servers: WriterServers;
let stage: WriterStage;

beforeAll(async () => {
  servers = await WriterServers.connect();
});
afterAll(() => servers.close());
beforeEach(async () => {
  stage = await WriterStage.make(servers);
});
afterEach(async () => {
  await stage.stop();
  expect(stage.fatals).toEqual([]);
});

const block = (from: number, to: number, appendTime: number, value?: number): Block =>
  stage.block(from, to, appendTime, value);
const publish = (...blocks: Block[]): Promise<void> => stage.publish(...blocks);
const isAt = (next: number, state?: string) => stage.isAt(next, state);

describe('ways out of a stopped partition, with a live writer', () => {
  it('gap: an accepted gap lets the partition go on behind it', async () => {
    await stage.start();
    await publish(block(0, 5, T0), block(8, 12, T0 + 1));
    const stopped = await isAt(5, 'gap');
    expect(stopped?.stateReason).toBe('offsets 5 to 7 are in no block; the position stays at 5');
    await servers.db.database.withTransaction((transaction) =>
      giveUpGap(transaction, { ...stage.who(), from: 5n, to: 8n }),
    );
    const after = await isAt(12);
    expect(after).toMatchObject({ gaps: 3n, records: 9n });
    await publish(block(12, 14, T0 + 2));
    await isAt(14);
    expect(await stage.values()).toEqual([...range(0, 5), ...range(8, 14)]);
  });

  it('gap: it ends by itself when the missing block arrives late, without a second application of anything', async () => {
    await stage.start();
    await publish(block(0, 5, T0), block(8, 12, T0 + 1));
    await isAt(5, 'gap');
    // What ingest sends after a rewind.
    await publish(block(3, 8, T0), block(8, 12, T0 + 1));
    await isAt(12);
    expect(await stage.values()).toEqual(range(0, 12));
  });

  it('recreated: the new topic is applied from its beginning, and the old one never again', async () => {
    await stage.start();
    await publish(block(0, 10, T0));
    await isAt(10);
    // A repetition of the old topic, then the new one, so soon after that append times alone could not tell them apart.
    await publish(block(5, 10, T0), block(0, 4, T0 + 2_000, 1000), block(4, 6, T0 + 2_001, 1000));
    const stopped = (await isAt(10, 'recreated'))!;
    expect(stopped.acceptedOffset).toBe(2n);
    await servers.db.database.withTransaction((transaction) =>
      acceptRecreation(transaction, {
        ...stage.who(),
        from: 10n,
        offset: 0n,
        acceptedOffset: stopped.acceptedOffset,
        appendTime: new Date(T0 + 2_000).toISOString(),
      }),
    );
    expect(await isAt(6)).toMatchObject({ originOffset: 0n, records: 6n, applied: 6n });
    const expected = [...range(0, 10), ...range(1000, 1006)];
    expect(await stage.values()).toEqual(expected);

    // A gap makes the writer read the accepted topic from its start, where a block of the old topic covers the position.
    await publish(block(8, 12, T0 + 2_002, 1000));
    await isAt(6, 'gap');
    await publish(block(6, 8, T0 + 2_002, 1000), block(8, 12, T0 + 2_002, 1000));
    await isAt(12);
    expect(await stage.values()).toEqual([...expected, ...range(1006, 1012)]);
  });

  it('malformed block: skipped by hand, its events come again, and the rescan passes by it', async () => {
    await stage.start();
    await publish(block(0, 5, T0));
    const { headers } = encodeBlock(block(5, 8, T0));
    await servers.producer.send(stage.accepted, 0, [{ key: null, value: 'rubbish of some length', headers }]);
    await publish(block(8, 10, T0));
    const stopped = (await isAt(5, 'malformed_block'))!;
    expect(stopped.acceptedOffset).toBe(1n);
    await servers.db.database.withTransaction((transaction) =>
      resumePartition(transaction, { ...stage.who(), from: 5n, skippedBlock: stopped.acceptedOffset }),
    );
    await isAt(5, 'gap');
    await publish(block(5, 8, T0), block(8, 10, T0));
    await isAt(10);
    expect(await stage.values()).toEqual(range(0, 10));
  });

  it('undecodable batch: skipped by hand, and passed by again after a restart', async () => {
    const consumer = { maxDecompressedBytes: MIB };
    await stage.start(consumer);
    await publish(block(0, 5, T0));
    await isAt(5);
    const producer = servers.kafka.client.producer();
    await producer.connect();
    const bomb = { key: null, value: Buffer.alloc(2 * MIB), partition: 0 };
    await producer.send({ topic: stage.accepted, messages: [bomb], compression: GZIP });
    await producer.disconnect();
    const stopped = (await isAt(5, 'malformed_block'))!;
    expect(stopped.acceptedOffset).toBe(1n);
    await stage.stop();
    await servers.db.database.withTransaction((transaction) =>
      resumePartition(transaction, { ...stage.who(), from: 5n, skippedBlock: stopped.acceptedOffset }),
    );
    await publish(block(5, 8, T0));
    await stage.start(consumer);
    expect(await isAt(8)).toMatchObject({ acceptedOffset: 3n, acceptedTopicId: expect.any(String) as unknown });
    expect(await stage.values()).toEqual(range(0, 8));
  });

  it('a malformed first block stops the partition, not the process', async () => {
    await servers.producer.send(stage.accepted, 0, [
      { key: null, value: 'rubbish', headers: { 'block-version': '1', payload: 'copy-text/system_metrics/1' } },
    ]);
    await publish(block(3, 5, T0));
    await stage.start();
    await servers.db.database.withTransaction((transaction) =>
      startPosition(transaction, { ...stage.who(), offset: 3n, acceptedOffset: 1n }),
    );
    await isAt(5);
    expect(await stage.values()).toEqual([3, 4]);
  });

  it('uninitialised: begins where the operator says', async () => {
    await publish(block(0, 5, T0), block(5, 8, T0), block(8, 10, T0));
    // The plain admin client may not have heard of the new topic yet.
    await waitFor(async () => {
      await servers.kafka.admin.deleteTopicRecords({
        topic: stage.accepted,
        partitions: [{ partition: 0, offset: '1' }],
      });
      return true;
    });
    await stage.start();
    await servers.db.database.withTransaction((transaction) =>
      startPosition(transaction, { ...stage.who(), offset: 6n, acceptedOffset: 1n }),
    );
    await isAt(10);
    expect(await stage.values()).toEqual([6, 7, 8, 9]);
    await expect(
      servers.db.database.withTransaction((transaction) =>
        startPosition(transaction, { ...stage.who(), offset: 0n, acceptedOffset: 1n }),
      ),
    ).rejects.toMatchObject({ code: 'database_position_conflict' });
  });

  it('rows mostly rejected: goes on once the schema is repaired', async () => {
    await servers.db.database.query(
      'ALTER TABLE system_metrics ADD CONSTRAINT broken CHECK (metric_value < 0) NOT VALID',
    );
    await stage.start();
    await publish(block(0, 20, T0));
    await isAt(20);
    // With those before them they are too many.
    await publish(block(20, 25, T0));
    await isAt(20, 'rows_mostly_rejected');
    await servers.db.database.query('ALTER TABLE system_metrics DROP CONSTRAINT broken');
    await servers.db.database.withTransaction((transaction) =>
      resumePartition(transaction, { ...stage.who(), from: 20n }),
    );
    await isAt(25);
    expect(await stage.values()).toEqual(range(20, 25));
    expect(stage.letters.map(({ sourceOffset }) => sourceOffset)).toEqual(range(0, 20));
  });

  it('the letter of a replayed event says how often it was tried', async () => {
    await servers.db.database.query(
      'ALTER TABLE system_metrics ADD CONSTRAINT picky CHECK (metric_value NOT IN (2, 3)) NOT VALID',
    );
    try {
      await stage.start();
      await publish({ ...block(0, 5, T0), replays: new Map([[3, { of: 'old/0/1', count: 4 }]]) });
      expect(await isAt(5)).toMatchObject({ elements: 5n, applied: 3n, deadLettered: 2n });
    } finally {
      await servers.db.database.query('ALTER TABLE system_metrics DROP CONSTRAINT picky');
    }
    expect(stage.letters.map(({ sourceOffset, replay }) => [sourceOffset, replay])).toEqual([
      [2, undefined],
      [3, { of: 'old/0/1', count: 4 }],
    ]);
    expect(await stage.values()).toEqual([0, 1, 4]);
    // Nor are they in the roll-ups, whose deltas ingest made of all five.
    const deltas = 'SELECT sum(sample_count)::int AS samples, sum(sum_value)::int AS sum FROM metrics_delta';
    expect(await servers.db.database.query(deltas)).toEqual([{ samples: 3, sum: 5 }]);
  });

  it('every change is on record with both states; one that comes too late changes nothing', async () => {
    await stage.start();
    await publish(block(0, 5, T0), block(8, 12, T0));
    await isAt(5, 'gap');
    const give = (): Promise<void> =>
      servers.db.database.withTransaction((transaction) =>
        giveUpGap(transaction, { ...stage.who(), from: 5n, to: 8n }),
      );
    await give();
    await expect(give()).rejects.toMatchObject({ code: 'database_position_conflict' });
    await isAt(12);
    const rows = await servers.db.database.query(
      `SELECT actor, action, reason, old_value->>'state' AS before, (new_value->>'next_offset')::int AS next
       FROM audit_log WHERE subject = $1`,
      [`position:${stage.machine}/0`],
    );
    expect(rows).toEqual([{ actor: 'jo', action: 'position.accept_gap', reason: 'test', before: 'gap', next: 8 }]);
    expect(
      await servers.db.database.query('SELECT count(*)::int AS gaps FROM stream_gaps WHERE source_topic = $1', [
        stage.machine,
      ]),
    ).toEqual([{ gaps: 1 }]);
  });

  it('a change that meets a moving position waits for it, and then changes nothing', async () => {
    await stage.start();
    await publish(block(0, 5, T0));
    await isAt(5);
    await stage.stop();
    const { database } = servers.db;
    let late: Promise<unknown> | undefined;
    await database.withTransaction(async (move) => {
      await move.query('UPDATE stream_positions SET next_offset = 6 WHERE source_topic = $1', [stage.machine]);
      late = database
        .withTransaction((transaction) => resumePartition(transaction, { ...stage.who(), from: 5n, skippedBlock: 7n }))
        .catch((error: unknown) => error);
      await waitFor(async () => {
        const waiting = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length > 0;
      });
    });
    expect(await late).toMatchObject({ code: 'database_position_conflict' });
    expect(
      await database.query('SELECT accepted_offset AS at FROM stream_positions WHERE source_topic = $1', [
        stage.machine,
      ]),
    ).toEqual([{ at: 1 }]);
  });

  it('a committed offset that skips unapplied blocks is only a hint, also while nothing new comes in', async () => {
    await stage.start();
    await publish(block(0, 5, T0), block(5, 10, T0 + 1));
    await isAt(10);
    await stage.stop();
    // A restore to an earlier point: Kafka's offset stays at the end.
    const restore = async (): Promise<void> => {
      await servers.db.database.query('TRUNCATE system_metrics');
      await servers.db.database.query(
        'UPDATE stream_positions SET next_offset = 5, accepted_offset = 1, append_time = $2 WHERE source_topic = $1',
        [stage.machine, new Date(T0).toISOString()],
      );
    };
    await restore();
    await stage.start();
    await isAt(10);
    expect(await stage.values()).toEqual(range(5, 10));

    // And under a writer that waits for more.
    await restore();
    await isAt(10);
    expect(await stage.values()).toEqual(range(5, 10));
  });
});
