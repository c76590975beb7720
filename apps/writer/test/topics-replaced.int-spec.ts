import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import type { Block } from '@chip/contracts';
import { acceptOlderAppendTimes, acceptRecreation } from '@chip/persistence';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { range, WriterServers, WriterStage } from './writer-stage.ts';

const T0 = Date.parse('2026-01-20T08:00:00Z');
const HOUR_MS = 3_600_000;

let servers: WriterServers;
let stage: WriterStage;
/** Id of the machine topic, as ingest writes it into the blocks. */
let source: string;

beforeAll(async () => {
  servers = await WriterServers.connect();
});
afterAll(() => servers.close());
beforeEach(async () => {
  stage = await WriterStage.make(servers);
  source = randomUUID();
});
afterEach(async () => {
  await stage.stop();
  expect(stage.fatals).toEqual([]);
});

const block = (from: number, to: number, appendTime = T0, value = 0, sourceTopicId = source): Block => ({
  ...stage.block(from, to, appendTime, value),
  sourceTopicId,
});
const blocks = (from: number, to: number): Block[] =>
  Array.from({ length: Math.ceil((to - from) / 5_000) }, (_, i) => {
    const first = from + i * 5_000;
    return block(first, Math.min(first + 5_000, to), T0 + first);
  });
/**
 * Makes the row remember a longer accepted topic than there is, as after an election that lost its end; from `origin`, if the
 * machine topic was recreated before.
 */
const remember = (acceptedOffset: number, origin = 0): Promise<unknown> =>
  servers.db.database.query(
    'UPDATE stream_positions SET accepted_offset = $2, accepted_origin = $3 WHERE source_topic = $1',
    [stage.machine, acceptedOffset, origin],
  );

describe('an accepted topic that is not the one the position remembers', () => {
  it('recreated under a running writer: every sample of the new one is applied, none twice', async () => {
    await stage.start();
    await stage.publish(...blocks(0, 60_000));
    const before = await stage.isAt(60_000);
    expect(before?.acceptedOffset).toBe(12n);
    await stage.recreateAccepted();
    // Ingest was not sure about its last block, and sends it again.
    await stage.publish(...blocks(55_000, 67_500));
    const after = await stage.isAt(67_500);
    expect(after).toMatchObject({ records: 67_500n, applied: 67_500n, acceptedOffset: 3n, gaps: 0n });
    expect(after?.acceptedTopicId).not.toBe(before?.acceptedTopicId);
    expect((await stage.metrics.restarts.get()).values).toMatchObject([{ value: 1 }]);
    expect(await stage.values()).toEqual(range(0, 67_500));
  });

  it('recreated while no writer ran, and longer than the old one meanwhile', async () => {
    await stage.start();
    await stage.publish(block(0, 5), block(5, 10));
    await stage.isAt(10);
    await stage.stop();
    // The machine topic was recreated before, and not since: whatever the new accepted topic holds is of it.
    await remember(2, 2);
    await stage.recreateAccepted();
    // Of an earlier version of ingest, which names no topic.
    await stage.publish(stage.block(5, 10, T0), stage.block(10, 12, T0), block(12, 15), block(15, 18));
    await stage.start();
    expect(await stage.isAt(18)).toMatchObject({ records: 18n, acceptedOffset: 4n });
    expect(await stage.values()).toEqual(range(0, 18));
  });

  it('recreated and missing what was never applied: a gap, reported by name, that ends when the blocks arrive', async () => {
    await stage.start();
    await stage.publish(block(0, 5), block(5, 10));
    await stage.isAt(10);
    await stage.recreateAccepted();
    await stage.publish(block(14, 18));
    expect((await stage.isAt(10, 'gap'))?.stateReason).toContain('offsets 10 to 13');
    await stage.publish(block(10, 14), block(14, 18));
    await stage.isAt(18);
    expect(await stage.values()).toEqual(range(0, 18));
  });

  it('recreated while nothing comes in: read from its start without a further block', async () => {
    await stage.start();
    await stage.publish(block(0, 5), block(5, 10));
    await stage.isAt(10);
    await stage.stop();
    await stage.recreateAccepted();
    await stage.publish(block(10, 12), block(12, 14));
    // Kafka's hint, left over or set by a tool, says that both are read.
    await servers.admin.setGroupOffsets(stage.group, stage.accepted, new Map([[0, 2]]));
    await stage.start();
    await stage.isAt(14);
    expect(await stage.values()).toEqual(range(0, 14));
  });

  it('lost its end: what is written there instead is applied, also below the old end', async () => {
    await stage.start();
    await stage.publish(block(0, 5), block(5, 10));
    await stage.isAt(10);
    await stage.stop();
    // What was lost begins before the block with which the machine topic, recreated before, began.
    await remember(900, 900);
    await stage.publish(block(10, 12));
    await stage.start();
    await stage.isAt(12);
    // Of an earlier version of ingest, which names no topic.
    await stage.publish(stage.block(12, 15, T0));
    expect(await stage.isAt(15)).toMatchObject({ acceptedOffset: 4n });
    expect(await stage.values()).toEqual(range(0, 15));
  });

  it('lost its end and grew beyond it: the block before the old end gives it away', async () => {
    await stage.start();
    await stage.publish(block(0, 5));
    await stage.isAt(5);
    await stage.stop();
    await stage.publish(block(5, 8), block(8, 10), block(10, 12));
    await remember(3);
    await servers.admin.setGroupOffsets(stage.group, stage.accepted, new Map([[0, 3]]));
    await stage.start();
    await stage.publish(block(12, 13));
    await stage.isAt(13);
    expect(await stage.values()).toEqual(range(0, 13));
    expect((await stage.metrics.restarts.get()).values).toMatchObject([{ labels: { kind: 'truncated' }, value: 1 }]);
  });

  it('rows of an older version get the ids of their topics', async () => {
    await stage.start();
    await stage.publish(block(0, 5));
    await stage.isAt(5);
    await stage.stop();
    await servers.db.database.query(
      'UPDATE stream_positions SET source_topic_id = NULL, accepted_topic_id = NULL WHERE source_topic = $1',
      [stage.machine],
    );
    await stage.start();
    await stage.publish(block(5, 8));
    await stage.isAt(8);
    // The next block sees what the first one left.
    await stage.publish(block(8, 9));
    expect(await stage.isAt(9)).toMatchObject({
      sourceTopicId: source,
      acceptedTopicId: await servers.admin.topicId(stage.accepted),
    });
  });
});

describe('a machine topic that is not the one the position is about', () => {
  it('both topics recreated: stops by name, and goes on with everything after its way out', async () => {
    await stage.start();
    await stage.publish(block(0, 10));
    await stage.isAt(10);
    await stage.recreateAccepted();
    const next = randomUUID();
    // Even with the same append times: the id alone tells it.
    await stage.publish(block(0, 4, T0, 1000, next), block(4, 12, T0, 1000, next));
    const stopped = (await stage.isAt(10, 'recreated'))!;
    expect(stopped.stateReason).toContain(next);
    expect(stopped.acceptedOffset).toBe(0n);
    await servers.db.database.withTransaction((transaction) =>
      acceptRecreation(transaction, {
        ...stage.who(),
        from: 10n,
        offset: 0n,
        acceptedOffset: 0n,
        appendTime: new Date(T0).toISOString(),
        sourceTopicId: next,
      }),
    );
    expect(await stage.isAt(12)).toMatchObject({ originOffset: 0n, records: 12n, sourceTopicId: next });
    expect(await stage.values()).toEqual([...range(0, 10), ...range(1000, 1012)]);
  });

  it('a block of the old topic that comes late is not counted into the new one', async () => {
    const next = randomUUID();
    await stage.publish(block(0, 10), block(0, 4, T0 + 1, 1000, next));
    // Both in one fetch: the second belongs to another topic than the first, not only than the position.
    await stage.start();
    const stopped = (await stage.isAt(10, 'recreated'))!;
    await servers.db.database.withTransaction((transaction) =>
      acceptRecreation(transaction, {
        ...stage.who(),
        from: 10n,
        offset: 0n,
        acceptedOffset: stopped.acceptedOffset,
        sourceTopicId: next,
      }),
    );
    await stage.isAt(4);
    // Nor where a gap makes the writer read the accepted topic from its start.
    await stage.publish(block(6, 8, T0 + 1, 1000, next));
    await stage.isAt(4, 'gap');
    await stage.publish(block(4, 8, T0 + 1, 1000, next));
    await stage.isAt(8);
    await stage.publish(block(2, 14));
    expect((await stage.isAt(8, 'recreated'))?.stateReason).toContain(source);
    expect(await stage.values()).toEqual([...range(0, 10), ...range(1000, 1008)]);
  });
});

describe('clocks of the brokers', () => {
  it.each([
    ['10 s back', -10_000],
    ['10 s ahead', 10_000],
    ['an hour back', -HOUR_MS],
    ['an hour ahead', HOUR_MS],
  ])('%s and back again: nothing stops, nothing is counted twice', async (_step, step) => {
    await stage.start();
    await stage.publish(block(0, 5, T0), block(5, 8, T0 + step), block(6, 10, T0 + step), block(10, 12, T0 + 1));
    expect(await stage.isAt(12)).toMatchObject({ records: 12n });
    expect(await stage.values()).toEqual(range(0, 12));
  });

  it('blocks without an id: a step back stops, and its way out keeps the position and the ledger', async () => {
    await stage.start();
    await stage.publish(stage.block(0, 10, T0));
    await stage.isAt(10);
    // Read again from 9: the first event was applied before, the others are new and older.
    const late = stage.block(9, 12, T0 - HOUR_MS);
    await stage.publish({ ...late, index: late.index.map((one, i) => (i === 0 ? { ...one, appendTime: T0 } : one)) });
    await stage.isAt(10, 'recreated');
    await servers.db.database.withTransaction((transaction) =>
      acceptOlderAppendTimes(transaction, { ...stage.who(), from: 10n }),
    );
    expect(await stage.isAt(12)).toMatchObject({ originOffset: 0n, records: 12n });
    expect(await stage.values()).toEqual(range(0, 12));
  });
});
