import { randomUUID } from 'node:crypto';
import { KafkaAdmin } from '@chip/kafka';
import { initPosition, loadIngestDecisions, storeIngestPartitions } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { createLogger } from '@chip/service';
import { TestKafka } from '@chip/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { IngestPlans } from '../src/positions/ingest-plans.ts';
import { runEntry } from './run-entry.ts';

const kafka = TestKafka.forFile();
let db: TestDatabase;
let admin: KafkaAdmin;
let machine: string;

beforeAll(async () => {
  db = await createTestDatabase();
  admin = new KafkaAdmin(kafka.connection('test-ingest-plans'), createLogger({ name: 'test', level: 'silent' }).logger);
});
beforeEach(async () => {
  machine = await kafka.topic();
  await kafka.produce(
    machine,
    Array.from({ length: 30 }, () => ({ value: '{}' })),
  );
});
afterAll(async () => {
  await admin.disconnect();
  await db.drop();
});

const plans = (partition = 0): IngestPlans =>
  new IngestPlans({ database: db.database, admin }, { topic: machine, partition, by: 'jo', reason: 'test' });
const standAt = (state: string, atOffset: number, toOffset: number | null, topic = machine): Promise<void> =>
  storeIngestPartitions(
    db.database,
    [{ topic, partition: 0, state, stateReason: 'because', atOffset, toOffset }],
    'ingest-1',
  );
const decisions = async () => (await loadIngestDecisions(db.database)).filter(({ topic }) => topic === machine);

it('skip-batch: passes over exactly the batch in the way, and only where one is', async () => {
  await expect(plans().skipBatch()).rejects.toThrow('ingest is not stopped');
  await standAt('send_failed', 5, null);
  await expect(plans().skipBatch()).rejects.toThrow('ingest is "send_failed"');
  await standAt('undecodable_batch', 5, 8);
  const plan = await plans().skipBatch();
  expect(plan.lines[0]).toContain('offsets 5 to 7 (3)');
  expect(await decisions()).toEqual([]);
  await plan.apply();
  expect(await decisions()).toMatchObject([{ kind: 'skip_batch', atOffset: 5, toOffset: 8, by: 'jo', reason: 'test' }]);
});

it('resume-ingest: holds for what is in the partition by now, with the shift of the clock', async () => {
  await standAt('records_mostly_refused', 10, null);
  const plan = await plans().resume(900_000);
  expect(plan.lines.join('\n')).toContain('offsets 10 to 29 are judged as if they had been appended 900 s later');
  await plan.apply();
  expect(await decisions()).toMatchObject([
    { kind: 'resume', atOffset: 10, toOffset: 30, clockShiftMs: 900_000, topicId: await admin.topicId(machine) },
  ]);
  expect((await plans().resume(0)).lines.join('\n')).toContain('10 to 29 becomes dead letters');
});

it('resume-ingest: refuses a standstill that the topic does not reach', async () => {
  await standAt('records_mostly_refused', 31, null);
  await expect(plans().resume(0)).rejects.toThrow('ends at 30, but ingest stopped at 31');
});

it('the commands show standstills, want a reason, and check the shift', async () => {
  const prefix = `test.${randomUUID()}.`;
  await kafka.createTopic(`${prefix}telemetry.samples.v1`, 1);
  kafka.removeLater(`${prefix}telemetry.samples.v1`);
  const run = (...args: string[]) =>
    runEntry('positions', args, {
      KAFKA_BROKERS: kafka.brokers.join(','),
      DATABASE_URL: db.url,
      TOPIC_PREFIX: prefix,
    });
  await standAt('undecodable_batch', 5, 8, 'telemetry.samples.v1');
  const shown = await run('show');
  expect(shown.stdout).toContain('telemetry.samples.v1/0: ingest is "undecodable_batch"');
  expect(shown.stdout).toContain('docs/runbooks/undecodable_batch.md');
  expect((await run('show', 'telemetry.samples.v1')).stdout).toContain('ingest is "undecodable_batch"');
  const asJson = async (): Promise<unknown> =>
    JSON.parse((await run('show', 'telemetry.samples.v1', '--json')).stdout) as unknown;
  const stopped = { topic: 'telemetry.samples.v1', partition: 0, ingest: { state: 'undecodable_batch', atOffset: 5 } };
  expect(await asJson()).toMatchObject([stopped]);
  await initPosition(db.database, 'telemetry.samples.v1', 0, 5n, 0n);
  await initPosition(db.database, 'telemetry.samples.v1', 1, 7n, 0n);
  expect(await asJson()).toMatchObject([
    { ...stopped, state: 'running', nextOffset: 5 },
    { partition: 1, state: 'running', nextOffset: 7, ingest: null },
  ]);
  expect((await run('skip-batch', 'telemetry.samples.v1', '0', '--yes')).stderr).toContain('--reason <text>');
  const odd = await run('resume-ingest', 'telemetry.samples.v1', '0', '--reason', 'x', '--clock-shift', '15');
  expect(odd).toMatchObject({ code: 2 });
  expect(odd.stderr).toContain('Expected a time such as 15m');
  expect(await run('skip-batch', 'telemetry.samples.v1', '0', '--reason', 'x', '--yes')).toMatchObject({ code: 0 });
  const decided = (await loadIngestDecisions(db.database)).filter(({ topic }) => topic === 'telemetry.samples.v1');
  expect(decided).toMatchObject([{ kind: 'skip_batch', atOffset: 5, toOffset: 8 }]);
});
