/** Notes on charts over HTTP: stored with author, found by what they concern, withdrawn with a reason, within a caller's limits. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKey } from '@chip/persistence';
import { QueryApp, openStage, type Stage } from './query-app.ts';

interface Note {
  id: string;
  parameter: string | null;
  product: string | null;
  begins_at: string;
  ends_at: string | null;
  note: string;
  author: string;
  withdrawn_at: string | null;
  withdrawn_by: string | null;
  withdrawal_reason: string | null;
}
interface Refusal {
  code: string;
  errors?: { parameter: string }[];
}

let stage: Stage;
let guarded: QueryApp;
beforeAll(async () => {
  stage = await openStage();
  guarded = await QueryApp.start(stage.db.url, { AUTH_MODE: 'keys' });
});
afterAll(async () => {
  await guarded.stop();
  await stage.end();
});

const sent = (body: object, key?: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
  body: JSON.stringify(body),
});
const note = async (body: object): Promise<Note> => {
  const { status, body: stored } = await stage.app.get<Note>('/v1/annotations', sent(body));
  expect([status, stored]).toEqual([201, expect.anything()]);
  return stored;
};
const list = async (query: string): Promise<string[]> => {
  const { body } = await stage.app.get<{ items: Note[] }>(`/v1/annotations?${query}`);
  return body.items.map((one) => one.note);
};

describe('a note', () => {
  it('is found by the charts that it concerns, and by time', async () => {
    const { headers, body } = await stage.app.get<Note>(
      '/v1/annotations',
      sent({ parameter: 'cd', equipment_id: 'E1', begins_at: '2026-03-02T08:00:00Z', note: 'pump' }),
    );
    expect(headers.get('location')).toBe(`/v1/annotations/${body.id}`);
    expect(body).toMatchObject({ parameter: 'cd', product: null, author: 'anonymous', ends_at: null });
    expect((await stage.app.get(`/v1/annotations/${body.id}`)).body).toEqual(body);
    await note({ begins_at: '2026-03-03T08:00:00Z', ends_at: '2026-03-05T08:00:00Z', note: 'power cut' });
    await note({ equipment_id: 'E2', begins_at: '2026-03-04T08:00:00Z', note: 'lamp' });
    expect(await list('')).toEqual(['lamp', 'power cut', 'pump']);
    expect(await list('parameter=cd&equipment_id=E1')).toEqual(['power cut', 'pump']);
    expect(await list('parameter=thickness')).toEqual(['lamp', 'power cut']);
    // What reaches into the range belongs to it.
    expect(await list('from=2026-03-05T00:00:00Z')).toEqual(['power cut']);
    expect(await list('to=2026-03-03T00:00:00Z')).toEqual(['pump']);
    const { body: first } = await stage.app.get<{ items: Note[]; next_cursor: string }>('/v1/annotations?limit=2');
    expect(await list(`limit=2&cursor=${first.next_cursor}`)).toEqual(['pump']);
  });

  it('is withdrawn with a reason, once, and stays on record', async () => {
    const { id } = await note({ parameter: 'width', begins_at: '2026-04-01T00:00:00Z', note: 'wrong machine' });
    const withdraw = (reason: string) => stage.app.get<Note>(`/v1/annotations/${id}/withdrawal`, sent({ reason }));
    const { status, body } = await withdraw('it was E3');
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ withdrawn_by: 'anonymous', withdrawal_reason: 'it was E3' }),
    ]);
    expect((await withdraw('another')).body).toEqual(body);
    expect(await list('parameter=width&from=2026-04-01T00:00:00Z')).toEqual([]);
    expect(await list('parameter=width&from=2026-04-01T00:00:00Z&withdrawn=yes')).toEqual(['wrong machine']);
    const { body: trail } = await stage.app.get<{ items: { action: string; reason: string; actor: string }[] }>(
      '/v1/audit?limit=500',
    );
    const own = trail.items.filter((entry) => JSON.stringify(entry).includes(id));
    expect(own.map(({ action, reason, actor }) => [action, reason, actor]).sort()).toEqual([
      ['annotation.create', 'wrong machine', 'anonymous'],
      ['annotation.withdraw', 'it was E3', 'anonymous'],
    ]);
    await expect(
      stage.db.database.query(`UPDATE annotations SET note = 'other' WHERE id = $1`, [id]),
    ).rejects.toMatchObject({ sqlstate: '42501' });
  });

  it.each([
    [{ note: 'n' }, '/begins_at'],
    [{ begins_at: '2026-03-02T08:00:00Z', note: '' }, '/note'],
    [{ begins_at: '2026-03-02T08:00:00Z', ends_at: '2026-03-02T08:00:00Z', note: 'n' }, '/ends_at'],
    [{ begins_at: '2026-03-02T08:00:00Z', note: 'n', lot: 'L' }, '/lot'],
  ])('%j is refused at %s', async (body, field) => {
    const { status, body: refusal } = await stage.app.get<Refusal>('/v1/annotations', sent(body));
    expect([status, refusal.errors?.map(({ parameter }) => parameter)]).toEqual([400, [field]]);
  });

  it('is not there under an unknown id', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    expect((await stage.app.get(`/v1/annotations/${id}`)).status).toBe(404);
    expect((await stage.app.get(`/v1/annotations/${id}/withdrawal`, sent({ reason: 'r' }))).status).toBe(404);
  });
});

describe('a caller limited to a product', () => {
  it('sees and writes only its own notes, and a viewer none', async () => {
    const change = { by: 'test', reason: 'test' };
    const keyOf = async (role: 'viewer' | 'engineer', products: string[] | null): Promise<string> =>
      (
        await createKey(
          stage.db.database,
          { name: 'page', role, scopes: [], sites: null, products, expires_at: null },
          change,
        )
      ).key;
    const own = await keyOf('engineer', ['P']);
    const at = { begins_at: '2026-05-01T00:00:00Z', note: 'limited' };
    const post = (body: object, key: string, path = '/v1/annotations') => guarded.get<Note>(path, sent(body, key));
    expect((await post(at, own)).status).toBe(403);
    expect((await post({ ...at, product: 'Q' }, own)).status).toBe(403);
    const { status, body } = await post({ ...at, product: 'P' }, own);
    expect([status, body.author]).toEqual([201, expect.stringMatching(/^key:page/)]);
    const other = await note({ ...at, product: 'Q', note: 'of another product' });
    const general = await note({ ...at, note: 'of all products' });
    const { body: seen } = await guarded.get<{ items: Note[] }>('/v1/annotations?from=2026-05-01T00:00:00Z', {
      headers: { authorization: `Bearer ${own}` },
    });
    expect(seen.items.map((one) => one.note).sort()).toEqual(['limited', 'of all products']);
    expect((await post({ reason: 'r' }, own, `/v1/annotations/${other.id}/withdrawal`)).status).toBe(404);
    expect((await post({ reason: 'r' }, own, `/v1/annotations/${general.id}/withdrawal`)).status).toBe(403);
    const viewer = await keyOf('viewer', null);
    expect((await post(at, viewer)).status).toBe(403);
    expect((await post({ reason: 'r' }, own, `/v1/annotations/${body.id}/withdrawal`)).status).toBe(200);
  });
});
