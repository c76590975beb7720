import { randomUUID } from 'node:crypto';
import { type BlockEvent, encodeBlock, TELEMETRY } from '@chip/contracts';
import { KafkaAdmin, KafkaProducer, readTopic } from '@chip/kafka';
import { Database, initPosition, loadPosition, setHighWatermarks, setPositionState } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { TestKafka } from '@chip/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { planAcceptGap } from '../src/positions/accept-gap.ts';
import { planAcceptRecreated } from '../src/positions/accept-recreated.ts';
import { planInit } from '../src/positions/init.ts';
import { PartitionFacts } from '../src/positions/partition-facts.ts';
import type { Plan } from '../src/positions/plan.ts';
import { reachOf } from '../src/positions/reach.ts';
import { planRebase } from '../src/positions/rebase.ts';
import { planResume } from '../src/positions/resume.ts';
import { planRewindIngest } from '../src/positions/rewind-ingest.ts';
import { asOperator, runEntry } from './run-entry.ts';

const { logger } = createLogger({ name: 'test', level: 'silent' });
const T0 = Date.parse('2026-01-20T08:00:00Z');

const kafka = TestKafka.forFile();
let db: TestDatabase;
let operator: Database;
let producer: KafkaProducer;
let admin: KafkaAdmin;
let machine: string;
let accepted: string;
let group: string;

beforeAll(async () => {
  db = await createTestDatabase();
  operator = new Database({ url: asOperator(db.url), applicationName: 'chip-positions' });
  const connection = kafka.connection('test-positions');
  producer = new KafkaProducer(connection, logger);
  admin = new KafkaAdmin(connection, logger);
});
afterAll(async () => {
  await producer.disconnect();
  await admin.disconnect();
  await operator.close();
  await db.drop();
});
beforeEach(async () => {
  machine = await kafka.topic();
  accepted = await kafka.topic();
  group = kafka.group();
  await producer.send(
    machine,
    0,
    Array.from({ length: 30 }, () => ({ value: '{}' })),
  );
});

const facts = (partition = 0): PartitionFacts =>
  new PartitionFacts(
    {
      database: operator,
      admin,
      read: (topic, range) => readTopic(kafka.connection('test-positions'), logger, topic, range),
      machineTopic: machine,
      acceptedTopic: accepted,
      ingestGroup: group,
      writerGroup: `${group}-writer`,
    },
    partition,
    { by: 'jo', reason: 'test' },
  );
const position = () => loadPosition(db.database, machine, 0);
const publish = async (from: number, to: number, appendTime: number, sourceTopicId?: string): Promise<void> => {
  const index = Array.from({ length: to - from }, (_, nth): BlockEvent => ({
    offset: from + nth,
    appendTime,
    bytes: 0,
    elements: 0,
    refused: [0],
  }));
  const encoded = encodeBlock({
    sourceTopic: machine,
    ...(sourceTopicId === undefined ? {} : { sourceTopicId }),
    sourcePartition: 0,
    coversFrom: from,
    coversTo: to,
    kind: 'copy-text/system_metrics/1',
    index,
    payload: Buffer.alloc(0),
    deltas: Buffer.alloc(0),
    minTime: null,
    maxTime: null,
  });
  await producer.send(accepted, 0, [{ key: null, ...encoded }]);
};
/** A position that stands at `next` in `state`, with everything of the accepted topic before `acceptedOffset` applied. */
const standAt = async (
  next: number,
  state: string,
  acceptedOffset = 0,
  appendTime: number | null = null,
): Promise<void> => {
  await initPosition(db.database, machine, 0, BigInt(next), BigInt(acceptedOffset));
  await db.database.query('UPDATE stream_positions SET append_time = $2::timestamptz WHERE source_topic = $1', [
    machine,
    appendTime === null ? null : new Date(appendTime).toISOString(),
  ]);
  await setPositionState(db.database, machine, 0, state, 'because');
};
const audited = () =>
  db.database.query<{ action: string; by: string; outcome: string | null }>(
    `SELECT action, actor AS by, new_value->>'outcome' AS outcome FROM audit_log WHERE subject = $1 ORDER BY seq`,
    [`position:${machine}/0`],
  );
const refusal = (plan: Promise<Plan>) => expect(plan).rejects;

describe('positions', () => {
  it('init: begins where asked, and says when a gap would follow', async () => {
    await publish(10, 20, T0);
    const plan = await planInit(facts(), 8, undefined);
    expect(plan.lines.join('\n')).toContain('offsets 8 to 9 become a gap; to begin after it: --offset 10');
    expect(await position()).toBeUndefined();
    await (await planInit(facts(), 10, undefined)).apply();
    expect(await position()).toMatchObject({
      nextOffset: 10n,
      originOffset: 10n,
      acceptedOffset: 0n,
      state: 'running',
    });
    expect(await audited()).toEqual([{ action: 'position.init', by: 'jo', outcome: null }]);
    await refusal(planInit(facts(), 10, undefined)).toThrow('already has a position');
    // Planned before another command began: nothing is overwritten.
    await expect(plan.apply()).rejects.toMatchObject({ code: 'database_position_conflict' });
  });

  it('init: refuses what does not exist', async () => {
    await refusal(planInit(facts(), 31, undefined)).toThrow('beyond the end');
    await refusal(planInit(facts(), 1, 5)).toThrow('--accepted-offset 5 is not in');
    await refusal(planInit(facts(7), 1, undefined)).toThrow('has no partition 7');
  });

  it('accept-gap: gives up exactly the gap, and says when more would be lost', async () => {
    await publish(12, 20, T0);
    await standAt(5, 'gap');
    expect((await planAcceptGap(facts(), 15)).lines.join('\n')).toContain('12 to 14 are in waiting blocks');
    const plan = await planAcceptGap(facts(), 12);
    expect(plan.lines).toEqual([
      `${machine}/0 continues at 12: offsets 5 to 11 (7) are skipped; this cannot be undone`,
    ]);
    await plan.apply();
    expect(await position()).toMatchObject({ nextOffset: 12n, gaps: 7n, state: 'running', stateReason: null });
    await expect(plan.apply()).rejects.toMatchObject({ code: 'database_position_conflict' });
    await refusal(planAcceptGap(facts(), 20)).toThrow('is running at 12');
  });

  it('accept-gap: refuses to go back or beyond the end', async () => {
    await standAt(5, 'gap');
    await refusal(planAcceptGap(facts(), 5)).toThrow('not above the position');
    await refusal(planAcceptGap(facts(), 31)).toThrow('events that do not exist yet');
    await db.database.query('DELETE FROM stream_positions');
    await refusal(planAcceptGap(facts(), 6)).toThrow('npm run positions -- init');
  });

  it('accept-recreated: goes on at the beginning of the new topic, the ledger starts over', async () => {
    await publish(0, 10, T0);
    await publish(0, 6, T0 + 60_000);
    await standAt(10, 'recreated', 1, T0);
    await setHighWatermarks(db.database, machine, new Map([[0, 14n]]));
    const plan = await planAcceptRecreated(facts());
    expect(plan.lines.join('\n')).toContain('of the old topic, 4 offsets from 10 were never applied');
    expect(plan.lines.join('\n')).not.toContain('a gap');
    await plan.apply();
    expect(await position()).toMatchObject({
      nextOffset: 0n,
      originOffset: 0n,
      acceptedOffset: 1n,
      appendTime: expect.stringMatching(/^2026-01-20T08:00:00/),
      highWatermark: null,
      state: 'running',
    });
    expect(
      await db.database.query(
        'SELECT from_offset, to_offset, kind, accepted_by FROM stream_gaps WHERE source_topic = $1',
        [machine],
      ),
    ).toEqual([{ from_offset: 10, to_offset: 14, kind: 'recreated', accepted_by: 'jo' }]);
  });

  it('accept-recreated: refuses while blocks of the old topic wait, or when nothing was recreated', async () => {
    await publish(12, 20, T0 + 1);
    await publish(0, 4, T0 + 60_000);
    await standAt(10, 'recreated', 0, T0);
    await refusal(planAcceptRecreated(facts())).toThrow('blocks of the old one still wait behind a gap');
    await setPositionState(db.database, machine, 0, 'gap');
    await refusal(planAcceptRecreated(facts())).toThrow('is "gap", not "recreated"');
  });

  it('resume: tries again; a block is skipped only where it is the cause', async () => {
    await standAt(5, 'rows_mostly_rejected', 3);
    await refusal(planResume(facts(), true)).toThrow('--skip-block is for');
    await (await planResume(facts(), false)).apply();
    expect(await position()).toMatchObject({ state: 'running', acceptedOffset: 3n });
    await setPositionState(db.database, machine, 0, 'malformed_block', 'because');
    const plan = await planResume(facts(), true);
    expect(plan.lines.join('\n')).toContain(`rewind-ingest ${machine} 0 --to 5`);
    await plan.apply();
    expect(await position()).toMatchObject({ state: 'running', nextOffset: 5n, acceptedOffset: 4n });
  });

  it('rewind-ingest: sets the offset of an idle group, on record before and after', async () => {
    await admin.setGroupOffsets(group, machine, new Map([[0, 20]]));
    await standAt(20, 'running');
    const plan = await planRewindIngest(facts(), 7);
    expect(plan.lines.join('\n')).toContain('13 offsets back');
    await plan.apply();
    expect((await admin.groupOffsets(group, machine)).get(0)).toBe(7);
    expect(await audited()).toEqual([
      { action: 'position.rewind_ingest', by: 'jo', outcome: 'requested' },
      { action: 'position.rewind_ingest', by: 'jo', outcome: 'done' },
    ]);
    await refusal(planRewindIngest(facts(), 8)).toThrow('ahead of ingest, which is at 7');
    await refusal(planRewindIngest(facts(), 31)).toThrow('which has 0 to 30');
    // After a restore: as far back as the database went.
    await db.database.query('UPDATE stream_positions SET next_offset = 4 WHERE source_topic = $1', [machine]);
    await (await planRewindIngest(facts(), undefined)).apply();
    expect((await admin.groupOffsets(group, machine)).get(0)).toBe(4);
  });

  it('rewind-ingest: says what to do while ingest runs', async () => {
    const consumer = kafka.client.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topics: [machine] });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({ eachMessage: async () => undefined });
    try {
      await joined;
      await refusal(planRewindIngest(facts(), 0)).toThrow('Stop every ingest');
    } finally {
      await consumer.disconnect();
    }
  });

  it('the command asks before it changes anything, and wants a reason', async () => {
    const run = (...args: string[]) =>
      runEntry('positions', args, { KAFKA_BROKERS: kafka.brokers.join(','), DATABASE_URL: asOperator(db.url) });
    await standAt(5, 'gap');
    const shown = await run('show');
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain(`${machine}/0: gap since`);
    expect(shown.stdout).toContain('docs/runbooks/gap.md');
    const unreasoned = await run('resume', 'telemetry.samples.v1', '0', '--yes');
    expect(unreasoned).toMatchObject({ code: 2 });
    expect(unreasoned.stderr).toContain("required option '--reason <text>'");
    const misspelt = await run('resume', 'telemetry.sample.v1', '0', '--yes', '--reason', 'x');
    expect(misspelt.stderr).toContain('Machine topics are telemetry.samples.v1 and inspection.results.v1');

    const moved = await run('reach', '2026-02-30T05:00:00Z');
    expect(moved).toMatchObject({ code: 2, stderr: expect.stringContaining('Expected a time with its zone') });

    // No other topic than those of the contract can be named, so this position stands for one of them.
    await db.database.query(
      `UPDATE stream_positions SET source_topic = 'telemetry.samples.v1' WHERE source_topic = $1`,
      [machine],
    );
    const args = ['resume', 'telemetry.samples.v1', '0', '--reason', 'fixed'];
    const unconfirmed = await run(...args);
    expect(unconfirmed).toMatchObject({ code: 1 });
    expect(unconfirmed.stderr).toContain('add --yes to make the change');
    expect((await run(...args, '--dry-run')).stdout).toContain('dry run: nothing was changed');
    expect((await loadPosition(db.database, 'telemetry.samples.v1', 0))?.state).toBe('gap');
    expect(await run(...args, '--yes')).toMatchObject({ code: 0 });
    expect((await loadPosition(db.database, 'telemetry.samples.v1', 0))?.state).toBe('running');
  });

  it('accept-recreated: without proof of a new topic the position never goes back', async () => {
    // A leader whose clock is an hour behind: offset 20 is older than all applied, 15 to 19 were applied before.
    await publish(20, 25, T0 - 3_600_000);
    await standAt(20, 'recreated', 0, T0);
    const plan = await planAcceptRecreated(facts());
    expect(plan.lines.join('\n')).toContain('nothing proves a new topic');
    await plan.apply();
    expect(await position()).toMatchObject({ nextOffset: 20n, originOffset: 20n, state: 'running', appendTime: null });
    expect((await audited()).map(({ action }) => action)).toEqual(['position.accept_older_append_times']);
    expect(await db.database.query('SELECT FROM stream_gaps WHERE source_topic = $1', [machine])).toEqual([]);
  });

  it('accept-recreated: the ids of the topics decide, whatever the append times are', async () => {
    const [oldId, newId] = [randomUUID(), randomUUID()];
    await publish(3, 8, T0, newId);
    await standAt(20, 'recreated', 0, T0);
    await db.database.query('UPDATE stream_positions SET source_topic_id = $2 WHERE source_topic = $1', [
      machine,
      newId,
    ]);
    await refusal(planAcceptRecreated(facts())).toThrow('does not belong to a new topic');
    await db.database.query('UPDATE stream_positions SET source_topic_id = $2 WHERE source_topic = $1', [
      machine,
      oldId,
    ]);
    // Ingest attributed the first three to the old topic, or never read them: no block of the new one has them.
    const plan = await planAcceptRecreated(facts());
    expect(plan.lines.join('\n')).toContain('offsets 0 to 2: they become a gap');
    await plan.apply();
    expect(await position()).toMatchObject({ nextOffset: 0n, originOffset: 0n, sourceTopicId: newId });
  });

  it('rebase: counts what a mirror copied as applied, and makes ingest begin behind it', async () => {
    await publish(0, 5, T0);
    await standAt(1_000, 'running', 77, T0);
    await db.database.query(
      'UPDATE stream_positions SET source_topic_id = $2, accepted_topic_id = $2, applied = 9 WHERE source_topic = $1',
      [machine, randomUUID()],
    );
    await setHighWatermarks(db.database, machine, new Map([[0, 1_000n]]));
    const plan = await planRebase(facts(), undefined);
    expect(plan.lines[0]).toContain('leaves 1000 of the old cluster and continues at 30 of the new one');
    await plan.apply();
    expect(await position()).toMatchObject({
      nextOffset: 30n,
      originOffset: 30n,
      acceptedOffset: 1n,
      acceptedOrigin: 1n,
      applied: 0n,
      highWatermark: null,
      sourceTopicId: await admin.topicId(machine),
      acceptedTopicId: await admin.topicId(accepted),
      state: 'running',
    });
    expect((await admin.groupOffsets(group, machine)).get(0)).toBe(30);
    expect((await audited()).map(({ action }) => action)).toEqual(['position.rebase']);
    await refusal(planRebase(facts(), undefined)).toThrow('this is the old cluster');
  });

  it('rebase: refuses to leave behind what is not applied, unless it is given where to begin', async () => {
    await standAt(10, 'running');
    await db.database.query('UPDATE stream_positions SET source_topic_id = $2 WHERE source_topic = $1', [
      machine,
      randomUUID(),
    ]);
    await setHighWatermarks(db.database, machine, new Map([[0, 17n]]));
    await refusal(planRebase(facts(), undefined)).toThrow('7 offsets of the old cluster from 10 are not applied');
    await refusal(planRebase(facts(), 31)).toThrow('--offset 31 is not in');
    const plan = await planRebase(facts(), 25);
    expect(plan.lines.join('\n')).toContain('7 offsets of the old cluster are given up');
    await plan.apply();
    expect(await position()).toMatchObject({ nextOffset: 25n, acceptedOffset: 0n });
    expect(
      await db.database.query(
        'SELECT from_offset::int AS lost_from, to_offset::int AS lost_to, kind FROM stream_gaps WHERE source_topic = $1',
        [machine],
      ),
    ).toEqual([{ lost_from: 10, lost_to: 17, kind: 'rebased' }]);
  });

  it('rebase: with the old cluster lost, gives up what waits, says since when, and takes all of the new one as new', async () => {
    await standAt(10, 'running', undefined, T0);
    await db.database.query('UPDATE stream_positions SET source_topic_id = $2 WHERE source_topic = $1', [
      machine,
      randomUUID(),
    ]);
    await setHighWatermarks(db.database, machine, new Map([[0, 17n]]));
    await refusal(planRebase(facts(), undefined)).toThrow('give them up with --old-cluster-lost');
    const plan = await planRebase(facts(), undefined, { isOldLost: true });
    expect(plan.lines.join('\n')).toMatch(
      /from offset 10 of the old cluster on is LOST: at least 7 offsets, after 2026-01-20/,
    );
    await plan.apply();
    expect(await position()).toMatchObject({ nextOffset: 0n, originOffset: 0n, acceptedOffset: 0n, state: 'running' });
    expect((await admin.groupOffsets(group, machine)).get(0)).toBe(0);
    expect(
      await db.database.query('SELECT from_offset::int, to_offset::int FROM stream_gaps WHERE source_topic = $1', [
        machine,
      ]),
    ).toEqual([{ from_offset: 10, to_offset: 17 }]);
  });

  it('rebase of all partitions: repeated after an interruption, it goes on with those that are not there yet', async () => {
    const { source } = TELEMETRY;
    const prefixes = { TOPIC_PREFIX: `test.${randomUUID()}.`, GROUP_PREFIX: `test-${randomUUID()}-` };
    for (const topic of [source, TELEMETRY.accepted]) {
      await kafka.createTopic(prefixes.TOPIC_PREFIX + topic, 2);
      kafka.removeLater(prefixes.TOPIC_PREFIX + topic);
    }
    await db.database.query('DELETE FROM stream_positions WHERE source_topic = $1', [source]);
    await initPosition(db.database, source, 0, 7n, 0n);
    await initPosition(db.database, source, 1, 9n, 0n);
    await db.database.query('UPDATE stream_positions SET source_topic_id = $2 WHERE source_topic = $1', [
      source,
      randomUUID(),
    ]);
    const run = (partition: string) =>
      runEntry('positions', ['rebase', source, partition, '--reason', 'moved', '--yes'], {
        KAFKA_BROKERS: kafka.brokers.join(','),
        DATABASE_URL: asOperator(db.url),
        ...prefixes,
      });
    try {
      // Where a command for all of them was interrupted.
      expect(await run('0')).toMatchObject({ code: 0, stderr: '' });
      const repeated = await run('all');
      expect(repeated).toMatchObject({ code: 0, stderr: '' });
      expect(repeated.stdout).toContain(`${source}/0 is there already`);
      expect(repeated.stdout).toContain(`${source}/1 continues at 0`);
      expect((await loadPosition(db.database, source, 1))?.nextOffset).toBe(0n);
      expect(
        await db.database.query(
          `SELECT subject FROM audit_log WHERE action = 'position.rebase' AND subject LIKE $1 ORDER BY seq`,
          [`position:${source}/%`],
        ),
      ).toEqual([0, 1].map((partition) => ({ subject: `position:${source}/${partition}` })));
      const needless = await run('all');
      expect(needless.code).not.toBe(0);
      expect(needless.stderr).toContain('this is the old cluster');
    } finally {
      await kafka.admin.deleteGroups([prefixes.GROUP_PREFIX + TELEMETRY.ingestGroup]);
    }
  });

  it('reach: tells what a restored database would find, before anything is restored', async () => {
    const reach = (ms: number) => reachOf(admin, { source: machine, accepted }, ms);
    const before = Date.now();
    await publish(0, 5, T0);
    await publish(5, 9, T0);
    const after = Date.now() + 1;
    const deleteBelow = (topic: string, offset: number) =>
      kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
    expect(await reach(0)).toMatchObject({ isWhole: true });
    await deleteBelow(accepted, 1);
    expect(await reach(before)).toEqual({
      isWhole: false,
      lines: [expect.stringMatching(/\/0: blocks below 1 are deleted, .*stops as "gap" until ingest reads/)],
    });
    expect(await reach(after)).toMatchObject({ isWhole: true });
    await deleteBelow(machine, 29);
    expect((await reach(0)).lines[0]).toContain('the machine topic begins at 29, after it too');
    await deleteBelow(accepted, 2);
    expect((await reach(after)).lines[0]).toContain('all 2 blocks');
  });
});
