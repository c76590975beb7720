import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asOperator, type EntryResult, runEntry } from './run-entry.ts';

describe('db', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createTestDatabase({ empty: true });
  });
  afterAll(() => db.drop());

  const run = (...args: string[]): Promise<EntryResult> => runEntry('db', args, { DATABASE_URL: db.url });

  it('tells that the schema is missing, migrates, and tells that it is there', async () => {
    expect(await run('check')).toMatchObject({ code: 1, stderr: expect.stringContaining('npm run db -- migrate') });
    const first = await run('migrate', '--by', 'jo', '--reason', 'first installation');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('0001-inspections') });
    const [trail] = await db.database.query(
      `SELECT count(*) = (SELECT count(*) FROM schema_migrations) AS each, array_agg(DISTINCT action) AS actions,
         array_agg(DISTINCT actor) AS actors, array_agg(DISTINCT reason) AS reasons FROM audit_log WHERE stream = 'schema'`,
    );
    expect(trail).toEqual({
      each: true,
      actions: ['schema.migrate'],
      actors: ['jo'],
      reasons: ['first installation'],
    });
    expect(await run('migrate')).toMatchObject({ code: 0, stdout: expect.stringContaining('up to date') });
    expect(await run('check')).toMatchObject({ code: 0 });
  });

  it('takes the URL from a file, as services do', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'chip-url-'));
    try {
      const file = path.join(folder, 'url');
      writeFileSync(file, `${db.url}\n`);
      expect(await runEntry('db', ['check'], { DATABASE_URL: '', DATABASE_URL_FILE: file })).toMatchObject({ code: 0 });
      const missing = await runEntry('db', ['check'], { DATABASE_URL: '', DATABASE_URL_FILE: `${file}.gone` });
      expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('DATABASE_URL_FILE names a file') });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('shows the state, for people and as JSON', async () => {
    expect((await run('status')).stdout).toMatch(
      /TimescaleDB .* \(apache edition\)\nshape +folded roll-ups\n.*hypertable +measurement_values/s,
    );
    const status = JSON.parse((await run('status', '--json')).stdout) as { info: { edition: string } };
    expect(status.info.edition).toBe('apache');
  });

  it('refreshes, rebuilds and sets retention and holds, each on record', async () => {
    await db.database.query(`INSERT INTO lots (id, site, lot_id) VALUES (gen_random_uuid(), '', 'L1')`);
    const why = ['--reason', 'because', '--by', 'jo'];
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const today = new Date().toISOString().slice(0, 10);
    expect(await run('refresh', ...why)).toMatchObject({ code: 0 });
    expect(await run('rollup', 'rebuild', '--from', yesterday, '--to', today, ...why)).toMatchObject({ code: 0 });
    expect(await run('retention', 'set', 'defects', '2 y', ...why)).toMatchObject({
      code: 0,
      stdout: 'defects: 2 years\n',
    });
    expect(await run('hold', 'place', 'L1', ...why)).toMatchObject({ code: 0 });
    expect((await run('retention', 'show')).stdout).toMatch(/defects: 2 years\n.*on hold: \/L1 since .*: because/s);
    expect(await run('hold', 'lift', 'L1', ...why)).toMatchObject({ code: 0 });
    expect(await db.database.query(`SELECT DISTINCT actor, reason FROM audit_log WHERE stream = 'operator'`)).toEqual([
      { actor: 'jo', reason: 'because' },
    ]);
  });

  it('verifies that record, also against an anchor noted earlier', async () => {
    const verified = await run('audit', 'verify');
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('operator: 5 entries') });
    const anchor = /anchor (\S+)/.exec(verified.stdout)?.[1] ?? '';
    expect(await run('audit', 'verify', '--anchor', anchor)).toMatchObject({ code: 0 });
    const forged = anchor.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await run('audit', 'verify', '--anchor', forged)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('BROKEN  operator: entry 5'),
    });
  });

  it('says which role a command needs when the given one lacks a right', async () => {
    const result = await runEntry('db', ['status', '--json'], { DATABASE_URL: asOperator(db.url) });
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--help names the role') });
  });

  it.each([
    ['an unknown command', ['grow'], 2],
    ['a conversion that this server cannot run', ['convert-edition', '--reason', 'x'], 1],
    ['a table without retention', ['retention', 'set', 'lots', '1 day', '--reason', 'x'], 1],
    ['a retention without a unit', ['retention', 'set', 'defects', '90', '--reason', 'x'], 1],
    [
      'days in the wrong order',
      ['rollup', 'rebuild', '--from', '2026-01-02', '--to', '2026-01-01', '--reason', 'x'],
      1,
    ],
    [
      'a day that does not exist',
      ['rollup', 'rebuild', '--from', new Date().toISOString().slice(0, 10), '--to', '9999-02-30', '--reason', 'x'],
      1,
    ],
    ['an empty reason', ['hold', 'place', 'L1', '--reason', ' '], 2],
    ['an empty reason instead of the default', ['refresh', '--reason', ''], 2],
    ['a name too long for the audit trail', ['refresh', '--by', 'x'.repeat(201)], 2],
  ])('refuses %s with one sentence', async (_, args, code) => {
    const result = await run(...args);
    expect(result.stderr).not.toContain('database_row_refused');
    expect(result.code).toBe(code);
    expect(result.stderr).not.toContain('    at ');
    expect(result.stderr.trim()).not.toBe('');
  });
});
