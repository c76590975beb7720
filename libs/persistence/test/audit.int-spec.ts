import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { appendAudit, type AuditAnchor, type AuditVerification, verifyAudit } from '../src/index.ts';
import { createTestDatabase, type TestDatabase } from '../src/testing/index.ts';

describe('audit trail', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());
  beforeEach(async () => {
    await asOwnerWithoutTriggers('TRUNCATE audit_log, audit_heads');
    for (let entry = 1; entry <= 6; entry++) {
      await append(`entry ${entry}`);
    }
  });

  const append = (reason: string, stream = 'api'): Promise<number> =>
    db.database.withTransaction((tx) =>
      appendAudit(tx, {
        stream,
        actor: 'somebody',
        action: 'inspection.create',
        subject: 'inspection:1',
        reason,
        oldValue: null,
        newValue: { text: 'Größe "5"', number: 1.5, nested: { b: [1, 2], a: null } },
      }),
    );
  /** What an attacker with the owner's rights can do, but for the hashes he would have to make. */
  const asOwnerWithoutTriggers = async (...statements: string[]): Promise<void> => {
    await db.database.withTransaction(async (tx) => {
      await tx.query('ALTER TABLE audit_log DISABLE TRIGGER USER');
      for (const statement of statements) {
        await tx.query(statement);
      }
      await tx.query('ALTER TABLE audit_log ENABLE TRIGGER USER');
    });
  };
  const verify = async (anchors: AuditAnchor[] = []): Promise<AuditVerification> => {
    const [result] = await verifyAudit(db.database, { stream: 'api', anchors });
    return result as AuditVerification;
  };

  it('is a whole chain, numbered without a gap, each stream for itself', async () => {
    await append('other', 'operator');
    await append('a migration', 'schema');
    const results = await verifyAudit(db.database);
    expect(results.map(({ stream, entries, broken }) => ({ stream, entries, broken }))).toEqual([
      { stream: 'api', entries: 6, broken: null },
      { stream: 'operator', entries: 1, broken: null },
      { stream: 'schema', entries: 1, broken: null },
    ]);
    expect(results[0]?.head).toMatchObject({ seq: 6, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it.each([
    ['a flipped letter in a reason', [`UPDATE audit_log SET reason = 'entry X' WHERE seq = 3`], 3],
    ['a changed time', [`UPDATE audit_log SET at = at + INTERVAL '1 microsecond' WHERE seq = 2`], 2],
    ['a changed value', [`UPDATE audit_log SET new_value = jsonb_set(new_value, '{number}', '1.6') WHERE seq = 4`], 4],
    ['a changed action', [`UPDATE audit_log SET action = 'inspection.delete' WHERE seq = 3`], 3],
    ['a changed subject', [`UPDATE audit_log SET subject = 'inspection:2' WHERE seq = 2`], 2],
    ['a changed old value', [`UPDATE audit_log SET old_value = '1' WHERE seq = 4`], 4],
    ['a changed actor', [`UPDATE audit_log SET actor = 'other' WHERE seq = 1`], 1],
    [
      'a flipped byte of a hash',
      [`UPDATE audit_log SET hash = set_byte(hash, 31, get_byte(hash, 31) # 1) WHERE seq = 5`],
      5,
    ],
    [
      'an entry with a new hash',
      [
        `UPDATE audit_log SET reason = 'forged' WHERE seq = 3`,
        'UPDATE audit_log SET hash = audit_entry_hash(audit_log) WHERE seq = 3',
      ],
      4,
    ],
    ['a deleted entry', ['DELETE FROM audit_log WHERE seq = 3'], 3],
    ['a deleted first entry', ['DELETE FROM audit_log WHERE seq = 1'], 1],
    [
      'two swapped entries',
      ['UPDATE audit_log SET seq = -seq WHERE seq IN (2, 3)', 'UPDATE audit_log SET seq = 5 + seq WHERE seq < 0'],
      2,
    ],
    ['a cut tail', ['DELETE FROM audit_log WHERE seq > 4'], 5],
    ['everything cut off', ['DELETE FROM audit_log'], 1],
    [
      'an added entry',
      [
        `INSERT INTO audit_log SELECT stream, 7, at, actor, action, subject, reason, old_value, new_value, hash, hash FROM audit_log WHERE seq = 6`,
      ],
      7,
    ],
    [
      'an added entry with the hash that it must have',
      [
        `INSERT INTO audit_log SELECT stream, 7, at, actor, action, subject, reason, old_value, new_value, hash, hash FROM audit_log WHERE seq = 6`,
        'UPDATE audit_log SET hash = audit_entry_hash(audit_log) WHERE seq = 7',
      ],
      7,
    ],
    ['a forged head', [`UPDATE audit_heads SET hash = sha256('x')`], 6],
    ['a removed head', ['DELETE FROM audit_heads'], 1],
  ])('names the first broken link after %s', async (_, statements, seq) => {
    await asOwnerWithoutTriggers(...statements);
    expect((await verify()).broken).toMatchObject({ seq });
  });

  it('names the first of what is broken and what an anchor misses', async () => {
    const head = (await verify()).head as AuditAnchor;
    await asOwnerWithoutTriggers(`UPDATE audit_log SET reason = 'entry X' WHERE seq = 4`);
    expect((await verify([{ ...head, seq: 2 }])).broken).toMatchObject({ seq: 2 });
    expect((await verify([{ ...head, seq: 5 }])).broken).toMatchObject({ seq: 4 });
  });

  it('misses the migrations of a database whose whole trail is gone', async () => {
    await asOwnerWithoutTriggers('TRUNCATE audit_log, audit_heads');
    expect(await verifyAudit(db.database)).toMatchObject([{ stream: 'schema', entries: 0, broken: { seq: 1 } }]);
  });

  it('needs an anchor kept outside to find a tail cut off together with its head, or a rewritten chain', async () => {
    const anchor = (await verify()).head as AuditAnchor;
    expect((await verify([anchor])).broken).toBeNull();
    await asOwnerWithoutTriggers(
      'DELETE FROM audit_log WHERE seq > 4',
      'UPDATE audit_heads SET seq = 4, hash = (SELECT hash FROM audit_log WHERE seq = 4)',
    );
    expect((await verify()).broken).toBeNull();
    expect((await verify([anchor])).broken).toMatchObject({ seq: 6 });
    await append('other five');
    await append('other six');
    expect((await verify([anchor])).broken).toEqual({ seq: 6, problem: 'the entry is not the anchored one' });
    await asOwnerWithoutTriggers('TRUNCATE audit_log, audit_heads');
    expect((await verify([anchor])).broken).toMatchObject({ seq: 6 });
  });

  it.each(['UPDATE audit_log SET reason = reason', 'DELETE FROM audit_log', 'TRUNCATE audit_log'])(
    'refuses even its owner: %s',
    async (statement) => {
      await expect(db.database.query(statement)).rejects.toThrow('audit_log is append-only');
      expect((await verify()).broken).toBeNull();
    },
  );

  it('has no entry of a change that was rolled back', async () => {
    await db.database
      .withTransaction(async (tx) => {
        await appendAudit(tx, { stream: 'api', actor: 'a', action: 'b', subject: 'c', reason: 'd' });
        throw new Error('changed my mind');
      })
      .catch(() => undefined);
    expect(await append('after')).toBe(7);
    expect((await verify()).broken).toBeNull();
  });

  it('has an entry for each subject that is appended at once, in their order', async () => {
    const [appended] = await db.database.query<{ last: number }>(
      `SELECT append_audits('api', 'a', 'b', ARRAY['three', 'one', 'two'], 'd', NULL, '{"n": 1}') AS last`,
    );
    expect(appended).toEqual({ last: 9 });
    expect(await append('after')).toBe(10);
    expect(await verify()).toMatchObject({ entries: 10, broken: null });
    expect(
      await db.database.query(`SELECT subject, new_value FROM audit_log WHERE seq BETWEEN 7 AND 9 ORDER BY seq`),
    ).toEqual(['three', 'one', 'two'].map((subject) => ({ subject, new_value: { n: 1 } })));
    // None, and one that is refused, change nothing.
    await db.database.query(`SELECT append_audits('api', 'a', 'b', '{}', 'd', NULL, NULL)`);
    await expect(
      db.database.query(`SELECT append_audits('api', 'a', 'b', ARRAY['four', NULL], 'd', NULL, NULL)`),
    ).rejects.toMatchObject({ sqlstate: '23502' });
    expect(await append('last')).toBe(11);
    expect(await verify()).toMatchObject({ entries: 11, broken: null });
  });

  it('stays whole when many append at once', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => append(`concurrent ${n}`)));
    expect(await verify()).toMatchObject({ entries: 46, broken: null });
  });

  it.each([
    ['an empty reason', { reason: '' }],
    ['an empty actor', { actor: '' }],
  ])('refuses %s', async (_, changes) => {
    const entry = { stream: 'api', actor: 'a', action: 'b', subject: 'c', reason: 'd', ...changes };
    await expect(db.database.withTransaction((tx) => appendAudit(tx, entry))).rejects.toMatchObject({
      kind: 'data',
      sqlstate: '23514',
    });
  });

  it('keeps the last entry of a stream, however old it is', async () => {
    await asOwnerWithoutTriggers(`UPDATE audit_log SET at = at - INTERVAL '10 years'`);
    await db.database.query(`SELECT set_retention('audit_log', '7 years')`);
    expect(await db.database.query(`SELECT apply_retention('audit_log') AS n`)).toEqual([{ n: 5 }]);
    expect(await db.database.query(`SELECT seq FROM audit_log WHERE stream = 'api'`)).toEqual([{ seq: 6 }]);
  });

  it('stays verifiable when retention removes its oldest entries, and a hold keeps them', async () => {
    const anchor = (await verify()).head as AuditAnchor;
    await asOwnerWithoutTriggers(`UPDATE audit_log SET at = at - INTERVAL '10 years' WHERE seq <= 4`);
    // The times were changed behind the chain's back: make it whole again, as if these were old entries.
    for (let seq = 1; seq <= 6; seq++) {
      await asOwnerWithoutTriggers(
        `UPDATE audit_log SET previous_hash = coalesce((SELECT hash FROM audit_log WHERE seq = ${seq} - 1), previous_hash) WHERE seq = ${seq}`,
        `UPDATE audit_log SET hash = audit_entry_hash(audit_log) WHERE seq = ${seq}`,
        `UPDATE audit_heads SET hash = (SELECT hash FROM audit_log WHERE seq = 6)`,
      );
    }
    expect((await verify()).broken).toBeNull();
    expect((await verify([anchor])).broken).toMatchObject({ seq: 6 });
    await db.database.query(`SELECT set_retention('audit_log', '7 years')`);
    await db.database.query(`INSERT INTO lots (id, lot_id) VALUES ('00000000-0000-4000-8000-000000000001', 'L')`);
    await db.database.query(
      `INSERT INTO legal_holds (lot_id, reason, placed_by) VALUES ('00000000-0000-4000-8000-000000000001', 'claim', 'me')`,
    );
    expect(await db.database.query(`SELECT apply_retention('audit_log') AS n`)).toEqual([{ n: 0 }]);
    await db.database.query('DELETE FROM legal_holds');
    expect(await db.database.query(`SELECT apply_retention('audit_log') AS n`)).toEqual([{ n: 4 }]);
    expect(await verify()).toMatchObject({ entries: 2, broken: null });
    // What retention removed cannot be compared, and is not missed.
    expect((await verify([{ ...anchor, seq: 4 }])).broken).toBeNull();
    expect((await verify([{ ...anchor, seq: 5 }])).broken).toMatchObject({ seq: 5 });
    expect(await append('goes on')).toBe(7);
    expect(await verify()).toMatchObject({ entries: 3, broken: null });
    await asOwnerWithoutTriggers('DELETE FROM audit_log WHERE seq = 5');
    expect((await verify()).broken).toMatchObject({ seq: 5 });
  });
});
