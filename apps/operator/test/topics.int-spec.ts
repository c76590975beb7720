import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { changeTopics } from '../src/topics/record.ts';
import { asOperator, type EntryResult, runEntry } from './run-entry.ts';

describe('topics', () => {
  let db: TestDatabase;
  let created: EntryResult;
  beforeAll(async () => {
    db = await createTestDatabase();
    // Other suites use the topics of this broker, too: those that exist stay.
    created = await runEntry('topics', ['create', '--by', 'jo', '--reason', 'set-up'], {
      DATABASE_URL: asOperator(db.url),
    });
    expect(created).toMatchObject({ code: 0 });
  });
  afterAll(() => db.drop());

  const run = (
    args: readonly string[],
    env: Record<string, string> = { DATABASE_URL: asOperator(db.url) },
  ): Promise<EntryResult> => runEntry('topics', args, env);
  const trail = (action: string): Promise<object[]> =>
    db.database.query(
      `SELECT actor, reason, old_value, new_value FROM audit_log WHERE stream = 'operator' AND action = $1 ORDER BY seq`,
      [action],
    );

  it('are created once, and what changes nothing leaves no entry', async () => {
    const names = /^created (.+)$/m.exec(created.stdout)?.[1]?.split(', ');
    const entry = { actor: 'jo', reason: 'set-up', old_value: null };
    const before = await trail('topics.create');
    expect(before).toEqual(
      ['requested', 'done'].flatMap((outcome) => (names ? { ...entry, new_value: { topics: names, outcome } } : [])),
    );
    expect(await run(['create', '--by', 'jo'])).toMatchObject({ code: 0, stdout: 'all topics exist\n' });
    expect(await trail('topics.create')).toEqual(before);
    expect(await run(['check'])).toMatchObject({ code: 0 });
  });

  it('are not grown without a trail to write to', async () => {
    expect(await run(['grow', '1000'], { DATABASE_URL: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DATABASE_URL is not set'),
    });
    const empty = await createTestDatabase({ empty: true });
    try {
      expect(await run(['grow', '1000'], { DATABASE_URL: empty.url })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('npm run db -- migrate'),
      });
    } finally {
      await empty.drop();
    }
    expect(await run(['grow', '100000000'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Expected a whole number from 1 to 1000.'),
    });
    expect(await run(['grow', '8'])).toMatchObject({ code: 0, stdout: expect.stringContaining(': 8 partitions') });
    expect(await trail('topics.grow')).toEqual([]);
  });

  it('that grow, or fail to, are on record with how it ended', async () => {
    const change = {
      action: 'topics.grow',
      by: 'jo',
      reason: 'a new hall',
      oldValue: { 'telemetry.samples.v1': 8 },
      newValue: { partitions: 12 },
    } as const;
    await changeTopics(db.url, change, async () => {
      // The entry that it is asked for is there before anything happens.
      expect(await trail('topics.grow')).toHaveLength(1);
    });
    const refusal = new Error('the broker refused');
    await expect(changeTopics(db.url, change, () => Promise.reject(refusal))).rejects.toBe(refusal);
    const entry = { actor: 'jo', reason: 'a new hall', old_value: change.oldValue };
    expect(await trail('topics.grow')).toEqual(
      ['requested', 'done', 'requested', 'failed'].map((outcome) => ({
        ...entry,
        new_value: { partitions: 12, outcome },
      })),
    );
  });
});
