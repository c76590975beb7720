import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DatabaseError, LoadSession, type Queryable } from '../src/index.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../src/testing/index.ts';

/** Each class is provoked on the real server: the table of SQLSTATEs is worth what the server really sends. */
describe('errors of the real server', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.database.query(
      'CREATE TABLE probe (id integer PRIMARY KEY, name varchar(3), doc jsonb, n integer CHECK (n > 0), t timestamptz)',
    );
  });
  afterAll(() => db.drop());

  const failure = async (work: () => Promise<unknown>): Promise<DatabaseError> => {
    try {
      await work();
    } catch (error) {
      return error as DatabaseError;
    }
    throw new Error('it did not fail');
  };
  const copyFailure = async (columns: string[], text: string | Buffer): Promise<DatabaseError> => {
    const session = await LoadSession.open({ url: db.url, applicationName: 'chip-test' });
    try {
      await session.begin();
      const error = await failure(() => session.copy('probe', columns, [Buffer.from(text)]));
      await session.rollback();
      expect(await session.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      return error;
    } finally {
      await session.close();
    }
  };

  it.each([
    ['22P02', ['id'], '1\n2\nx\n', 3],
    ['22001', ['id', 'name'], '1\tabc\n2\tabcd\n', 2],
    ['22003', ['id'], '3000000000\n', 1],
    ['22008', ['id', 't'], '1\t2026-02-30T00:00:00Z\n', 1],
    ['22P05', ['id', 'doc'], '1\t{"a":"\\\\u0000"}\n', 1],
    ['22P02', ['id', 'doc'], '1\t{"a":"\\\\ud800"}\n', 1],
    ['23502', ['id', 'name'], '\\N\ta\n', 1],
    ['23514', ['id', 'n'], '1\t1\n2\t0\n', 2],
    ['23505', ['id'], '5\n5\n', 2],
  ] as const)('%s in a COPY is data, with its line', async (sqlstate, columns, text, line) => {
    expect(await copyFailure([...columns], text)).toMatchObject({
      kind: 'data',
      sqlstate,
      copyLine: line,
      connectionLost: false,
    });
  });

  it('22021: bytes that are no UTF-8 are data, with their line', async () => {
    expect(await copyFailure(['id', 'name'], Buffer.from([0x31, 0x09, 0xff, 0x0a]))).toMatchObject({
      kind: 'data',
      sqlstate: '22021',
      copyLine: 1,
    });
  });

  it('22P04: a wrong number of columns is a bug, not data', async () => {
    expect(await copyFailure(['id', 'name'], '1\n')).toMatchObject({ kind: 'bug', sqlstate: '22P04' });
  });

  it('42P01, 42601, 25P02 are bugs', async () => {
    expect(await failure(() => db.database.query('SELECT * FROM nowhere'))).toMatchObject({
      kind: 'bug',
      sqlstate: '42P01',
    });
    expect(await failure(() => db.database.query('SELEC'))).toMatchObject({ kind: 'bug', sqlstate: '42601' });
    const ignored = db.database.withTransaction(async (tx) => {
      await failure(() => tx.query('SELECT 1/0'));
      await tx.query('SELECT 1');
    });
    expect(await failure(() => ignored)).toMatchObject({ kind: 'bug', sqlstate: '25P02' });
  });

  it('40P01: one of two crossing transactions is transient, the other commits', async () => {
    await db.database.query('INSERT INTO probe (id) VALUES (101), (102)');
    let firstHas: () => void = () => undefined;
    let secondHas: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (firstHas = resolve));
    const second = new Promise<void>((resolve) => (secondHas = resolve));
    const cross = (a: number, b: number, mine: () => void, other: Promise<void>): Promise<unknown> =>
      db.database.withTransaction(async (tx) => {
        await tx.query('UPDATE probe SET n = 1 WHERE id = $1', [a]);
        mine();
        await other;
        await tx.query('UPDATE probe SET n = 2 WHERE id = $1', [b]);
      });
    const results = await Promise.allSettled([cross(101, 102, firstHas, second), cross(102, 101, secondHas, first)]);
    const rejected = results.filter((result) => result.status === 'rejected');
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.reason).toMatchObject({ kind: 'transient', sqlstate: '40P01', connectionLost: false });
  });

  it('40001: a lost serializable race is transient', async () => {
    await db.database.query('INSERT INTO probe (id) VALUES (201)');
    const error = await failure(() =>
      db.database.withTransaction(async (tx) => {
        await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        await tx.query('SELECT * FROM probe WHERE id = 201');
        await db.database.query('UPDATE probe SET n = 7 WHERE id = 201');
        await tx.query('UPDATE probe SET n = 8 WHERE id = 201');
      }),
    );
    expect(error).toMatchObject({ kind: 'transient', sqlstate: '40001' });
  });

  it('55P03 and 57014: a lock or a statement that takes too long is transient', async () => {
    await db.database.withTransaction(async (holder) => {
      await holder.query('LOCK TABLE probe IN ACCESS EXCLUSIVE MODE');
      const waiting = db.database.withTransaction(async (tx) => {
        await tx.query("SET LOCAL lock_timeout = '50ms'");
        await tx.query('SELECT * FROM probe');
      });
      expect(await failure(() => waiting)).toMatchObject({
        kind: 'transient',
        sqlstate: '55P03',
        connectionLost: false,
      });
    });
    const slow = db.database.withTransaction(async (tx) => {
      await tx.query("SET LOCAL statement_timeout = '50ms'");
      await tx.query('SELECT pg_sleep(10)');
    });
    expect(await failure(() => slow)).toMatchObject({ kind: 'transient', sqlstate: '57014' });
  });

  it('25006: a write where only reads are allowed drops the connection', async () => {
    const error = await failure(() => db.database.withSnapshot((tx) => tx.query('INSERT INTO probe (id) VALUES (1)')));
    expect(error).toMatchObject({ kind: 'transient', sqlstate: '25006', connectionLost: true });
    expect(db.database.connections.total).toBe(db.database.connections.idle);
  });

  it('a snapshot has settings of its own, whatever their text, and gives its connection back after the answer', async () => {
    const values = ['plain', `it's; DROP TABLE probe --`, 'back\\slash "quoted"', 'größer $1', ''];
    const read = (name: string) => (tx: Queryable) => tx.query(`SELECT current_setting('${name}', true) AS value`);
    for (const value of values) {
      const settings = [
        ['statement_timeout', '1234ms'],
        ['probe.value', value],
      ] as const;
      expect(await db.database.withSnapshot(read('probe.value'), settings)).toEqual([{ value }]);
      expect(await db.database.withSnapshot(read('statement_timeout'), settings)).toEqual([{ value: '1234ms' }]);
    }
    expect(await db.database.withSnapshot(read('statement_timeout'))).toEqual([{ value: '0' }]);
    for (const value of ['x', '1']) {
      // Also where the work takes no notice of its failed statement.
      const work = (tx: Queryable): Promise<unknown> => tx.query('SELECT 1').catch(() => 'answered');
      await expect(db.database.withSnapshot(work, [['no setting', value]])).rejects.toThrow(/no setting/);
    }
    while (db.database.connections.idle < db.database.connections.total) {
      await setImmediate();
    }
    expect(db.database.connections.total).toBeGreaterThan(0);
  });

  it('statements of a snapshot that leave together are answered in their order, and fail with the first that fails', async () => {
    const all = (texts: readonly string[]): Promise<unknown> =>
      db.database.withSnapshot((tx) => Promise.all(texts.map((text) => tx.query(text))));
    expect(await all(['SELECT 1 AS n', 'SELECT 2 AS n', 'SELECT 3 AS n'])).toEqual([
      [{ n: 1 }],
      [{ n: 2 }],
      [{ n: 3 }],
    ]);
    expect(await failure(() => all(['SELECT 1', 'SELECT 1 / 0', 'SELECT 3']))).toMatchObject({ sqlstate: '22012' });
    // Also where a statement behind it is waited for first.
    const backwards = db.database.withSnapshot(async (tx) => {
      const [one, two] = [tx.query('SELECT 1 / 0'), tx.query('SELECT 2')];
      one.catch(() => undefined);
      await two;
      await one;
    });
    expect(await failure(() => backwards)).toMatchObject({ sqlstate: '22012' });
    expect(await all(['SELECT 4 AS n'])).toEqual([[{ n: 4 }]]);
  });

  it('25P03: a transaction left idle too long loses its connection', async () => {
    const error = await failure(() =>
      db.database.withTransaction(async (tx) => {
        await tx.query("SET LOCAL idle_in_transaction_session_timeout = '20ms'");
        await untilGone(() => backendsOf('idle in transaction'));
        await tx.query('SELECT 1');
      }),
    );
    expect(error).toMatchObject({ kind: 'transient', connectionLost: true });
  });

  it('57P01: a terminated session is a lost connection, and the pool serves the next caller', async () => {
    const error = await failure(() => db.database.query('SELECT pg_terminate_backend(pg_backend_pid())'));
    expect(error).toMatchObject({ kind: 'transient', sqlstate: '57P01', connectionLost: true });
    expect(await db.database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('3D000 and 28P01: a wrong database or password is a bug of the configuration, not something to retry', async () => {
    const missing = LoadSession.open({ url: withDatabase(db.url, 'no_such_database'), applicationName: 'chip-test' });
    expect(await failure(() => missing)).toMatchObject({ kind: 'bug', sqlstate: '3D000' });
    const wrong = new URL(db.url);
    wrong.password = 'wrong';
    const denied = await failure(() => LoadSession.open({ url: wrong.href, applicationName: 'chip-test' }));
    expect(denied).toMatchObject({ kind: 'bug', sqlstate: '28P01' });
  });

  it('ECONNREFUSED: a server that is not there is transient', async () => {
    const closed = new URL(db.url);
    closed.port = '1';
    expect(await failure(() => LoadSession.open({ url: closed.href, applicationName: 'chip-test' }))).toMatchObject({
      kind: 'transient',
      sqlstate: '',
      connectionLost: true,
    });
  });

  const backendsOf = async (state: string): Promise<number> => {
    const rows = await db.database.query<{ n: number }>(
      'SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1 AND state = $2',
      [db.name, state],
    );
    return rows[0]?.n ?? 0;
  };
  const untilGone = async (count: () => Promise<number>): Promise<void> => {
    const deadline = performance.now() + 60_000;
    while ((await count()) > 0) {
      if (performance.now() > deadline) {
        throw new Error('it is still there');
      }
    }
  };
});
