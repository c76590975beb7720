/** The audit trail as a list, over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStage, type Stage } from './query-app.ts';

interface Entry {
  stream: string;
  seq: number;
  at: string;
  action: string;
  actor: string;
  subject: string;
  old_value: unknown;
  new_value: unknown;
  hash: string;
}
interface Page {
  items: Entry[];
  next_cursor: string | null;
}

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
  for (let i = 0; i < 7; i++) {
    await stage.db.database.query(`SELECT append_audit($1, $2, $3, $4, 'why', NULL, $5)`, [
      i % 2 === 0 ? 'operator' : 'odd|stream',
      i < 3 ? 'ann' : 'bob',
      `action.${i % 3}`,
      `thing:${i}`,
      JSON.stringify({ i }),
    ]);
  }
});
afterAll(() => stage.end());

const page = async (query: string): Promise<Page> => {
  const { status, body } = await stage.app.get<Page>(`/v1/audit?${query}`);
  expect([status, body]).toEqual([200, expect.anything()]);
  return body;
};
/** Of the entries made here; the migrations have made others. */
const numbers = ({ items }: Page): number[] =>
  items.filter(({ stream }) => stream !== 'schema').map(({ new_value }) => (new_value as { i: number }).i);

describe('GET /v1/audit', () => {
  it('lists entries newest first, with everything that was recorded', async () => {
    // More than there are migrations, now and for long.
    const all = await page('limit=200');
    expect([numbers(all), all.next_cursor]).toEqual([[6, 5, 4, 3, 2, 1, 0], null]);
    expect(all.items[0]).toMatchObject({
      stream: 'operator',
      seq: 4,
      actor: 'bob',
      action: 'action.0',
      old_value: null,
    });
    expect(all.items[0]!.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('filters by stream, actor, action, subject and time', async () => {
    expect(numbers(await page('stream=odd%7Cstream'))).toEqual([5, 3, 1]);
    expect(numbers(await page('actor=ann&action=action.2'))).toEqual([2]);
    expect(numbers(await page('subject=thing:4'))).toEqual([4]);
    const { items } = await page('');
    expect(numbers(await page(`from=${items[2]!.at}&to=${items[0]!.at}`))).toEqual([5, 4]);
    expect(numbers(await page('actor=nobody'))).toEqual([]);
  });

  it('pages without loss, also through entries of one time', async () => {
    const { database } = stage.db;
    await database.query('ALTER TABLE audit_log DISABLE TRIGGER USER');
    await database.query(`UPDATE audit_log SET at = '2026-01-01T00:00:00Z'`);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { items, next_cursor }: Page = await page(`limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...items.map(({ stream, seq }) => `${stream} ${seq}`));
      cursor = next_cursor;
    }
    const [{ n }] = (await database.query<{ n: number }>('SELECT count(*) AS n FROM audit_log')) as [{ n: number }];
    expect([seen.length, new Set(seen).size, n > 7]).toEqual([n, n, true]);
  });

  it('refuses cursors that it did not give out', async () => {
    for (const text of ['x', '1|2026-01-01T00:00:00.000000Z|1', '1|2026-01-01T00:00:00.000000Z|0.YXBp']) {
      const { status, body } = await stage.app.get<{ code: string }>(
        `/v1/audit?cursor=${Buffer.from(text).toString('base64url')}`,
      );
      expect([text, status, body.code]).toEqual([text, 400, 'invalid_cursor']);
    }
    const nul = Buffer.from(`1|2026-01-01T00:00:00.000000Z|1.${Buffer.from('a\0b').toString('base64url')}`);
    expect((await page(`cursor=${nul.toString('base64url')}`)).items.length).toBeGreaterThanOrEqual(0);
  });
});
