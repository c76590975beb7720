import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asOperator, type EntryResult, runEntry } from './run-entry.ts';

describe('keys', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase();
    await db.database.query('DELETE FROM private.api_keys');
  });
  afterAll(() => db.drop());

  const keys = (...args: string[]): Promise<EntryResult> =>
    runEntry('keys', [...args, ...(args[0] === 'list' ? [] : ['--by', 'jo'])], { DATABASE_URL: asOperator(db.url) });

  it('are created, shown without what is secret, rotated and revoked by operators who do not own the database', async () => {
    const made = await keys(
      'create',
      '--role',
      'viewer',
      '--name',
      'first',
      '--site',
      'fab-1',
      '--expires',
      '90d',
      '--quiet',
    );
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^chip_[0-9a-z]{10}_[\w-]{43}\n$/) });
    const key = made.stdout.trim();
    const prefix = key.slice('chip_'.length, 'chip_'.length + 10);
    const listed = await keys('list');
    expect(listed.stdout).toContain(`${prefix}  first  viewer  site fab-1`);
    expect(listed.stdout).not.toContain(key.slice(-43));
    expect(await keys('rotate', prefix, '--grace', '1h')).toMatchObject({ code: 0 });
    expect(await keys('revoke', prefix)).toMatchObject({ code: 0, stdout: `${prefix} is revoked\n` });
    expect(await keys('revoke', prefix)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is already revoked'),
    });
    expect(
      await db.database.query(
        `SELECT action, actor FROM audit_log WHERE stream = 'operator' AND action LIKE 'key.%' ORDER BY seq`,
      ),
    ).toEqual(['key.create', 'key.rotate', 'key.revoke'].map((action) => ({ action, actor: 'jo' })));
  });

  it('are listed one per line, with control characters escaped', async () => {
    const name = 'red\u001b[31m\nand a second line';
    expect(await keys('create', '--role', 'viewer', '--name', name, '--site', 'a\u0007b', '--quiet')).toMatchObject({
      code: 0,
    });
    const listed = await keys('list');
    expect(listed.stdout).toContain('  red\\u{1b}[31m and a second line  viewer  site a\\u{7}b  ');
  });

  it('are not rotated into one that ends with the old one, unless its lifetime is given', async () => {
    const prefixOf = (key: string): string => key.trim().slice('chip_'.length, 'chip_'.length + 10);
    const made = prefixOf((await keys('create', '--role', 'viewer', '--quiet')).stdout);
    const next = prefixOf((await keys('rotate', made, '--quiet')).stdout);
    expect((await keys('list')).stdout).toMatch(new RegExp(`${next} .* ends never`));
    // The first one ends by now when its day of grace does: a second rotation of it would give a key for a day.
    expect(await keys('rotate', made)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/ends at .*, and the new one would too.*--expires/),
    });
    const later = await keys('rotate', made, '--expires', '90d', '--quiet');
    const days = await db.database.query(
      `SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM private.api_keys WHERE prefix = $1`,
      [prefixOf(later.stdout)],
    );
    expect(days).toEqual([{ days: 90 }]);
  });

  it('are not made with a lifetime of 0', async () => {
    for (const command of [
      ['create', '--role', 'viewer'],
      ['rotate', 'any'],
    ]) {
      expect(await keys(...command, '--expires', '0d')).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('expected a number above 0'),
      });
    }
  });
});
