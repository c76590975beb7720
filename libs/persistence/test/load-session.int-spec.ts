import { encodeCopyRow } from '@chip/contracts';
import { anyCharacter } from '@chip/contracts/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CommitUnknownError,
  type DatabaseError,
  initPosition,
  loadPosition,
  LoadSession,
  type PositionMove,
  restartAcceptedTopic,
  settleAcceptedOffset,
} from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

const TOPIC = "topic'with\\quotes";

describe('LoadSession', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.database.query('CREATE TABLE copied (n integer, value text)');
  });
  afterAll(() => db.drop());
  beforeEach(async () => {
    await db.database.query('TRUNCATE copied, stream_positions');
    await initPosition(db.database, TOPIC, 0, 100n, 5n);
  });

  const open = (deadlineMs?: number): Promise<LoadSession> =>
    LoadSession.open({ url: db.url, applicationName: 'chip-test-load', ...(deadlineMs ? { deadlineMs } : {}) });
  const move = (changes: Partial<PositionMove> = {}): PositionMove => ({
    topic: TOPIC,
    partition: 0,
    expected: 100n,
    next: 110n,
    appendTime: '2026-01-20T10:30:00.123456Z',
    acceptedOffset: 6n,
    highWatermark: 200n,
    records: 8n,
    elements: 80n,
    applied: 70n,
    deadLettered: 7n,
    duplicates: 3n,
    rowsWritten: 71n,
    ...changes,
  });
  const rows = async (): Promise<number> =>
    (await db.database.query<{ n: number }>('SELECT count(*) AS n FROM copied'))[0]?.n ?? -1;
  const line = (n: number): Buffer => Buffer.from(encodeCopyRow([n, `row ${n}`]));
  const sessions = async (): Promise<number> =>
    (
      await db.database.query<{ n: number }>(
        `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'chip-test-load' AND datname = $1`,
        [db.name],
      )
    )[0]?.n ?? -1;
  const until = async (what: string, condition: () => Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + 60_000;
    while (!(await condition())) {
      if (performance.now() > deadline) {
        throw new Error(`not within 10 s: ${what}`);
      }
    }
  };

  it('commits rows, position and counters together', async () => {
    const session = await open();
    await session.begin();
    expect(await session.copy('copied', ['n', 'value'], [line(1), line(2), line(3)])).toBe(3);
    await session.commitMove(move());
    await session.close();
    expect(await rows()).toBe(3);
    expect(await loadPosition(db.database, TOPIC, 0)).toMatchObject({
      nextOffset: 110n,
      acceptedOffset: 6n,
      originOffset: 100n,
      appendTime: '2026-01-20T10:30:00.123456Z',
      highWatermark: 200n,
      records: 8n,
      skipped: 2n,
      elements: 80n,
      applied: 70n,
      deadLettered: 7n,
      duplicates: 3n,
      rowsWritten: 71n,
    });
  });

  it('keeps the greatest append time, and leaves it and the high watermark alone when a flush knows none', async () => {
    const session = await open();
    await session.begin();
    await session.commitMove(move());
    await session.begin();
    await session.commitMove(
      move({ expected: 110n, next: 120n, appendTime: '2026-01-20T10:00:00Z', highWatermark: null, records: 10n }),
    );
    await session.begin();
    await session.commitMove(move({ expected: 120n, next: 121n, appendTime: null, highWatermark: null, records: 0n }));
    await session.close();
    expect(await loadPosition(db.database, TOPIC, 0)).toMatchObject({
      nextOffset: 121n,
      appendTime: '2026-01-20T10:30:00.123456Z',
      highWatermark: 200n,
      skipped: 3n,
    });
  });

  it('leaves nothing of a flush whose position was moved by another writer', async () => {
    const [winner, loser] = [await open(), await open()];
    for (const session of [winner, loser]) {
      await session.begin();
    }
    await winner.copy('copied', ['n'], [Buffer.from('1\n')]);
    await loser.copy('copied', ['n'], [Buffer.from('2\n')]);
    // Both at once: the loser waits for the winner's row lock and then sees the new position.
    const results = await Promise.allSettled([winner.commitMove(move()), loser.commitMove(move())]);
    const errors = results
      .filter((result) => result.status === 'rejected')
      .map((result) => result.reason as DatabaseError);
    expect(errors.map((error) => error.kind)).toEqual(['position_conflict']);
    expect(await rows()).toBe(1);
    for (const session of [winner, loser]) {
      await session.rollback();
      expect(session.dead).toBe(false);
      await session.close();
    }
  });

  it.each([
    ['a position that is behind', { expected: 101n }],
    ['a position that is ahead', { expected: 99n }],
    ['a partition that was never started', { partition: 3 }],
  ])('refuses %s', async (_, changes) => {
    const session = await open();
    await session.begin();
    await expect(session.commitMove(move(changes))).rejects.toMatchObject({
      kind: 'position_conflict',
      sqlstate: 'CQ001',
    });
    await session.close();
  });

  it('reports a commit whose answer never came as unknown, and the position tells that it took place', async () => {
    await db.database.query(
      `CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(CASE NEW.n WHEN 1 THEN 3 ELSE 60 END); RETURN NULL; END $$`,
    );
    await db.database.query(
      `CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON copied DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow_commit()`,
    );
    try {
      const impatient = await open(1_500);
      await impatient.begin();
      await impatient.copy('copied', ['n'], [Buffer.from('1\n')]);
      await expect(impatient.commitMove(move())).rejects.toBeInstanceOf(CommitUnknownError);
      expect(impatient.dead).toBe(true);
      await expect(impatient.query('SELECT 1')).rejects.toMatchObject({ kind: 'transient', connectionLost: true });
      await until('the server commits', async () => (await loadPosition(db.database, TOPIC, 0))?.nextOffset === 110n);
      expect(await rows()).toBe(1);
      await impatient.close();

      // Ended by the server, whose word comes before the end of the connection: nothing may use it in between.
      const ended = await open();
      await ended.begin();
      await ended.copy('copied', ['n'], [Buffer.from('2\n')]);
      const outcome = ended
        .commitMove(move({ expected: 110n, next: 120n }))
        .catch((error: unknown) => [error, ended.dead]);
      await until('the commit sleeps', async () => {
        const ends = await db.database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'`,
          [ended.backend.pid],
        );
        return ends.length > 0;
      });
      expect(await outcome).toEqual([expect.any(CommitUnknownError), true]);
      await ended.close();
    } finally {
      await db.database.query('DROP FUNCTION slow_commit CASCADE');
    }
  });

  it('lets the accepted offset go back: a recreated accepted topic starts from zero', async () => {
    const session = await open();
    await session.begin();
    await session.commitMove(move({ acceptedOffset: 0n }));
    await session.close();
    expect(await loadPosition(db.database, TOPIC, 0)).toMatchObject({ acceptedOffset: 0n });
  });

  it('leaves the accepted offset to a writer that has moved the position meanwhile', async () => {
    const accepted = async (): Promise<unknown> => {
      const position = await loadPosition(db.database, TOPIC, 0);
      return [position?.acceptedOffset, position?.acceptedOrigin];
    };
    const restart = { acceptedOffset: 2n, acceptedOrigin: 1n, acceptedTopicId: null };
    const settle = (next: bigint, to: bigint): Promise<void> => settleAcceptedOffset(db.database, TOPIC, 0, next, to);
    await settle(99n, 9n);
    await restartAcceptedTopic(db.database, { topic: TOPIC, partition: 0, nextOffset: 99n }, restart);
    // What is settled never goes back.
    await settle(100n, 3n);
    expect(await accepted()).toEqual([5n, 0n]);
    await settle(100n, 9n);
    expect(await accepted()).toEqual([9n, 0n]);
    await restartAcceptedTopic(db.database, { topic: TOPIC, partition: 0, nextOffset: 100n }, restart);
    expect(await accepted()).toEqual([2n, 1n]);
  });

  it('survives 200 failed COPYs on one connection, with no session left behind', async () => {
    const session = await open();
    const big = Buffer.alloc(300_000, '7\n');
    for (let attempt = 0; attempt < 200; attempt++) {
      await session.begin();
      // The error comes while the rest is still being sent.
      await expect(session.copy('copied', ['n'], [Buffer.from('x\n'), big, big])).rejects.toMatchObject({
        kind: 'data',
        copyLine: 1,
      });
      await session.rollback();
    }
    expect(await sessions()).toBe(1);
    await session.begin();
    expect(await session.copy('copied', ['n'], [big])).toBe(150_000);
    await session.rollback();
    await session.close();
    await until('the session ends', async () => (await sessions()) === 0);
  });

  it('copies rows that are cut anywhere between chunks', async () => {
    const session = await open();
    const bytes = Buffer.concat(Array.from({ length: 1000 }, (_, n) => line(n)));
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 7) {
      chunks.push(bytes.subarray(at, at + 7));
    }
    await session.begin();
    expect(await session.copy('copied', ['n', 'value'], chunks)).toBe(1000);
    await session.rollback();
    expect(await session.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await session.close();
  });

  it('copies nothing from no chunks', async () => {
    const session = await open();
    await session.begin();
    expect(await session.copy('copied', ['n'], [])).toBe(0);
    await session.rollback();
    await session.close();
  });

  it('cuts the connection when the producer of rows fails in the middle, and says why', async () => {
    const session = await open();
    await session.begin();
    const failing = function* (): Generator<Buffer> {
      yield Buffer.from('1\n');
      throw new Error('no more rows');
    };
    await expect(session.copy('copied', ['n'], failing())).rejects.toThrow();
    await session.rollback().catch(() => undefined);
    await session.close();
    await until('the session ends', async () => (await sessions()) === 0);
    expect(await rows()).toBe(0);
  });

  it('fails within the deadline while the server hangs, and the session is dead', async () => {
    const session = await open(2000);
    const startedAt = performance.now();
    await expect(session.query('SELECT pg_sleep(30)')).rejects.toMatchObject({
      kind: 'transient',
      connectionLost: true,
    });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect(session.dead).toBe(true);
    await session.close();
  });

  it('fails when its session is terminated in the middle of a COPY', async () => {
    const session = await open();
    await session.begin();
    const terminating = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('1\n');
      await db.database.query('SELECT pg_terminate_backend($1)', [session.backend.pid]);
      for (;;) {
        yield Buffer.alloc(65_536, '1\n');
      }
    };
    await expect(session.copy('copied', ['n'], terminating() as unknown as Iterable<Buffer>)).rejects.toMatchObject({
      kind: 'transient',
      connectionLost: true,
    });
    expect(session.dead).toBe(true);
    await session.close();
    expect(await rows()).toBe(0);
  });

  it('takes a partition over and ends exactly the previous owner', async () => {
    const [first, bystander, second] = [await open(), await open(), await open()];
    expect(await first.takePartition(TOPIC, 0, 'writer-1')).toBe(false);
    expect(await first.takePartition(TOPIC, 0, 'writer-1')).toBe(false);
    await first.begin();
    await first.copy('copied', ['n'], [Buffer.from('1\n')]);
    expect(await second.takePartition(TOPIC, 0, 'writer-2')).toBe(true);
    await expect(first.commitMove(move())).rejects.toThrow();
    expect(first.dead).toBe(true);
    expect(await bystander.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await loadPosition(db.database, TOPIC, 0)).toMatchObject({
      owner: 'writer-2',
      backendPid: second.backend.pid,
      backendStartedAt: second.backend.startedAt,
      nextOffset: 100n,
    });
    expect(await second.takePartition('never started', 0, 'writer-2')).toBe(false);
    for (const session of [first, bystander, second]) {
      await session.close();
    }
  });

  it('leaves a session alone that has the number of a former owner, but began at another time', async () => {
    const [first, second] = [await open(), await open()];
    await first.takePartition(TOPIC, 0, 'writer-1');
    await db.database.query(
      `UPDATE stream_positions SET backend_started_at = backend_started_at - INTERVAL '1 second'`,
    );
    expect(await second.takePartition(TOPIC, 0, 'writer-2')).toBe(false);
    expect(await first.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await Promise.all([first.close(), second.close()]);
  });

  it('brings any text through COPY unchanged', async () => {
    const session = await open();
    // What the contract refuses before it gets here: NUL and lone surrogates.
    const storable = fc.string({ unit: anyCharacter }).map((text) => text.replaceAll('\0', '').toWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(storable), { minLength: 1, maxLength: 20 }), async (values) => {
        await session.begin();
        await session.copy(
          'copied',
          ['n', 'value'],
          values.map((value, n) => Buffer.from(encodeCopyRow([n, value]))),
        );
        const stored = await session.query<{ value: string | null }>('SELECT value FROM copied ORDER BY n');
        await session.rollback();
        expect(stored.map((row) => row.value)).toEqual(values);
      }),
      { numRuns: 60 },
    );
    await session.close();
  });
});
