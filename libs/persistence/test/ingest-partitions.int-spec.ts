import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  decideForIngest,
  type IngestDecision,
  type IngestStandstill,
  loadIngestDecisions,
  loadIngestPartitions,
  readTelemetryRetention,
  setRetention,
  storeIngestPartitions,
  verifyAudit,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(() => db.database.query('TRUNCATE ingest_partitions, ingest_decisions'));
afterAll(() => db.drop());

const standstill = (fields: Partial<IngestStandstill> = {}): IngestStandstill => ({
  topic: 'telemetry.samples.v1',
  partition: 3,
  state: 'undecodable_batch',
  stateReason: 'why',
  atOffset: 100,
  toOffset: 110,
  ...fields,
});
const store = (row: IngestStandstill, owner = 'a'): Promise<void> => storeIngestPartitions(db.database, [row], owner);
const decide = (fields: Partial<IngestDecision> = {}): Promise<void> =>
  db.database.withTransaction((transaction) =>
    decideForIngest(transaction, {
      topic: 'telemetry.samples.v1',
      partition: 3,
      kind: 'skip_batch',
      atOffset: 100,
      toOffset: 110,
      clockShiftMs: 0,
      topicId: null,
      by: 'jo',
      reason: 'test',
      ...fields,
    }),
  );

it('a standstill keeps its beginning while it is the same one, also under another owner', async () => {
  await store(standstill());
  const [first] = await loadIngestPartitions(db.database);
  await store(standstill({ stateReason: 'still' }), 'b');
  const [second] = await loadIngestPartitions(db.database);
  expect(second).toMatchObject({ stateReason: 'still', owner: 'b', stateSince: first!.stateSince });
  await store(standstill({ atOffset: 200, toOffset: 210 }));
  const [third] = await loadIngestPartitions(db.database);
  expect(third!.stateSince > first!.stateSince).toBe(true);
  await store(standstill({ state: 'running', stateReason: null, toOffset: null }));
  expect(await loadIngestPartitions(db.database)).toEqual([]);
  expect(await loadIngestPartitions(db.database, { all: true })).toHaveLength(1);
});

it('a decision counts for the standstill it was made for, and for no other', async () => {
  await decide();
  // Older than the state: it was about something else at this offset.
  await store(standstill());
  expect(await loadIngestDecisions(db.database)).toEqual([]);
  await decide({ reason: 'first' });
  await decide({ reason: 'second' });
  await decide({ atOffset: 50, toOffset: 60 });
  expect(await loadIngestDecisions(db.database)).toMatchObject([{ atOffset: 100, reason: 'second' }]);
  await store(standstill({ state: 'running', stateReason: null, toOffset: null }));
  expect(await loadIngestDecisions(db.database)).toEqual([]);
});

it('a corrected clock is remembered behind its standstill: records that are read again are judged alike', async () => {
  await store(standstill({ state: 'records_mostly_refused', toOffset: null }));
  await decide({ kind: 'resume', toOffset: 500, clockShiftMs: 900_000 });
  await store(standstill({ state: 'running', stateReason: null, toOffset: null }));
  expect(await loadIngestDecisions(db.database)).toMatchObject([
    { kind: 'resume', atOffset: 100, toOffset: 500, clockShiftMs: 900_000 },
  ]);
});

it('a decision is on record, with who and why', async () => {
  await decide();
  const [entry] = await db.database.query(
    `SELECT actor, action, subject, reason FROM audit_log WHERE stream = 'operator' ORDER BY seq DESC LIMIT 1`,
  );
  expect(entry).toEqual({
    actor: 'jo',
    action: 'ingest.skip_batch',
    subject: 'position:telemetry.samples.v1/3',
    reason: 'test',
  });
  expect((await verifyAudit(db.database)).filter(({ broken }) => broken !== null)).toEqual([]);
});

it('the retention of telemetry is read in milliseconds, 0 for indefinitely', async () => {
  const change = { actor: 'jo', reason: 'test' };
  await setRetention(db.database, 'system_metrics', '90 days', change);
  expect(await readTelemetryRetention(db.database)).toBe(90 * 86_400_000);
  await setRetention(db.database, 'system_metrics', null, change);
  expect(await readTelemetryRetention(db.database)).toBe(0);
});
