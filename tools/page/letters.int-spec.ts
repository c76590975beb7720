/** The dead-letter workbench in a real browser: 10,000 letters of three causes, fixed and replayed by few clicks. */
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { type Browser } from 'playwright-core';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { Pipeline, type Service } from '../e2e/pipeline.ts';
import { launchChromium } from './chromium.ts';
import { Visitor } from './visitor.ts';

const TOPIC = 'telemetry.samples.v1';
const LETTERS = 10_000;
const MAX_CLICKS = 9;

interface Cause {
  readonly field: string;
  readonly letters: number;
  readonly wrong: Readonly<Record<string, unknown>>;
  readonly patch: Readonly<Record<string, unknown>>;
}
const CAUSES: readonly Cause[] = [
  { field: '/service_name', letters: 4_000, wrong: { service_name: undefined }, patch: { service_name: 'etcher-07' } },
  { field: '/metric_value', letters: 3_500, wrong: { metric_value: 'n/a' }, patch: { metric_value: 0.5 } },
  { field: '/host', letters: 2_500, wrong: { host: 7 }, patch: { host: 'gateway-2' } },
];

let pipeline: Pipeline;
let query: Service;
let browser: Browser;
let closeBrowser: (() => Promise<void>) | undefined;
let visitor: Visitor;

interface Elements {
  readonly applied: number;
  readonly dead_lettered: number;
  readonly balanced: boolean;
}
async function ledger(): Promise<Elements> {
  const response = await fetch(`${query.url}/v1/ledger`);
  const { balanced, partitions } = (await response.json()) as {
    balanced: boolean;
    partitions: { topic: string; elements: Elements }[];
  };
  const of = partitions.filter(({ topic }) => topic === TOPIC).map(({ elements }) => elements);
  const sum = (name: 'applied' | 'dead_lettered'): number => of.reduce((total, row) => total + row[name], 0);
  return { balanced, applied: sum('applied'), dead_lettered: sum('dead_lettered') };
}

/** Letters that a service has indexed. */
async function known({ url }: Service, filter = ''): Promise<number> {
  const answer = await fetch(`${url}/v1/dead-letters/groups${filter}`);
  return ((await answer.json()) as { letters: number }).letters;
}

beforeAll(async () => {
  const launched = launchChromium();
  closeBrowser = async () => (await launched).close();
  pipeline = await Pipeline.createApart();
  [query] = await Promise.all([
    pipeline.start('query', { LETTER_REPLAY: 'on' }),
    pipeline.start('ingest'),
    pipeline.start('writer'),
  ]);
  const time = Date.now();
  const messages = CAUSES.flatMap(({ letters, wrong }) =>
    Array.from({ length: letters }, (_, index) => ({
      key: `h${index % 7}`,
      value: JSON.stringify({
        time: new Date(time - index).toISOString(),
        service_name: 'etcher-01',
        metric_name: 'pressure',
        metric_value: 1.25,
        host: 'h',
        ...wrong,
      }),
    })),
  );
  await pipeline.produce(TOPIC, messages);
  await pipeline.untilIdle(300_000);
  // A page that is opened before shows the rest when it next asks, after about a minute.
  await waitFor(
    () => known(query),
    (letters) => letters === LETTERS,
    { timeoutMs: 120_000, intervalMs: 500 },
  );
  browser = await launched;
  visitor = await Visitor.enter(browser, query.url);
}, 900_000);

afterAll(async () => {
  await closeBrowser?.();
  await pipeline?.close();
}, 120_000);

afterEach(() => expect(visitor.complaints()).toEqual([]));

const whole = (number: number): string => number.toLocaleString('en');
const causes = (): Promise<string[][]> => visitor.table('Causes');

describe('the workbench', () => {
  it('shows the causes, and a letter with its refused place beside the schema', async () => {
    await visitor.open('/letters');
    const expected = CAUSES.map(({ field, letters }) => `schema_violation ${field} ${whole(letters)}`);
    await waitFor(
      async () => (await causes()).map((row) => row.slice(0, 3).join(' ')),
      (rows) => rows.join() === expected.join(),
      { timeoutMs: 120_000 },
    );
    await visitor.page.getByRole('row', { name: '/metric_value' }).getByRole('link').click();
    await visitor.page.locator('mark').waitFor();
    expect(await visitor.page.locator('mark').innerText()).toBe('"n/a"');
    expect(await visitor.page.getByLabel('Expected here').innerText()).toContain('"type": "number"');
    await visitor.page.getByText('Refused: /metric_value.').waitFor();
  });

  it('keeps the opened letter while newer ones arrive, until another or another machine is chosen', async () => {
    const { page } = visitor;
    let isNewer = false;
    await page.route('**/v1/dead-letters?*', async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { items: object[] };
      await route.fulfill({ response, json: { ...answer, items: isNewer ? answer.items.reverse() : answer.items } });
    });
    await page.route('**/v1/dead-letters/groups', async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { groups: { machine: string }[] };
      const groups = answer.groups.flatMap((group) => [group, { ...group, machine: 'etcher-09' }]);
      await route.fulfill({ response, json: { ...answer, groups } });
    });
    await visitor.open(`/letters?topic=${TOPIC}&code=schema_violation&stage=ingest&field=%2Fhost`);
    await page.locator('mark').waitFor();
    const first = async (): Promise<string> => (await visitor.table('Letters of this cause'))[0]!.join(' ');
    const opened = (): Promise<string> => page.getByRole('heading', { name: /^Letter \d/ }).innerText();
    const letter = await opened();
    const row = await first();
    isNewer = true;
    await visitor.returns();
    await waitFor(first, (now) => now !== row, { timeoutMs: 150_000, intervalMs: 250 });
    expect(await opened()).toBe(letter);
    await page.getByRole('table', { name: 'Letters of this cause' }).getByRole('link').first().click();
    await waitFor(opened, (now) => now !== letter);
    await page.locator('form.fix select').selectOption('etcher-09');
    await page.waitForURL((url) => url.searchParams.get('machine') === 'etcher-09');
    expect(new URL(page.url()).searchParams.get('letter')).toBe(null);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it.each(['light', 'dark'] as const)('has no barrier in %s colours, and fits a phone', async (colorScheme) => {
    await visitor.page.emulateMedia({ colorScheme });
    await visitor.open(`/letters?topic=${TOPIC}&code=schema_violation&stage=ingest&field=%2Fhost`);
    await visitor.page.getByRole('textbox', { name: 'Patch' }).fill('{"host": "x"}');
    await visitor.page.getByRole('button', { name: 'Try' }).click();
    await visitor.page.locator('.added').first().waitFor();
    expect(await (colorScheme === 'light' ? visitor.barriers() : visitor.barriersOfColours())).toEqual([]);
    await visitor.page.setViewportSize({ width: 320, height: 640 });
    expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await visitor.page.setViewportSize({ width: 1280, height: 900 });
    await visitor.page.emulateMedia({ colorScheme: 'light' });
  });

  it('says what a patch does not help, before anything is sent', async () => {
    await visitor.page.getByRole('textbox', { name: 'Patch' }).fill('{"host": 8.10}');
    await visitor.page.getByRole('button', { name: 'Try' }).click();
    await waitFor(
      () => visitor.page.locator('[data-figure="refused"]').innerText(),
      (text) => text === whole(2_500),
      { timeoutMs: 150_000 },
    );
    // With the digits as they were typed.
    await visitor.page.locator('.added', { hasText: '"host": 8.10' }).first().waitFor();
    await visitor.page.getByRole('textbox', { name: 'Patch' }).fill('[');
    await visitor.page.getByText('The patch must be a JSON object.').waitFor();
    expect(await ledger()).toEqual({ balanced: true, applied: 0, dead_lettered: LETTERS });
  });

  it('fixes and replays 10,000 letters of three causes in under ten clicks, exactly', async () => {
    const { page } = visitor;
    await visitor.open('/?range=all');
    let clicks = 0;
    const click = async (target: ReturnType<typeof page.locator>): Promise<void> => {
      clicks++;
      await target.click();
    };
    await click(page.getByRole('link', { name: /dead letters in/ }));
    for (const { field, letters, patch } of CAUSES) {
      await click(page.getByRole('row', { name: field }).first().getByRole('link'));
      // The editor has the focus: the patch, pasted, the reason and the trial need no click.
      await waitFor(
        () => page.evaluate(() => document.activeElement?.tagName),
        (tag) => tag === 'TEXTAREA',
      );
      await page.keyboard.insertText(JSON.stringify(patch));
      await page.keyboard.press('Tab');
      await page.keyboard.type('fixed');
      await page.keyboard.press('Enter');
      await click(page.getByRole('button', { name: `Replay ${whole(letters)} letters` }));
      // It goes on by itself; the next cause need not wait for it.
      await page.getByRole('table', { name: 'Replays' }).getByText(field).waitFor();
    }
    expect(clicks).toBeLessThanOrEqual(MAX_CLICKS);
    await waitFor(
      () => visitor.table('Replays'),
      (rows) => rows.length === CAUSES.length && rows.every(([, state]) => state === 'done'),
      { timeoutMs: 300_000, intervalMs: 500 },
    );
    await waitFor(causes, (found) => found.every(([, , open]) => open === '0'), { timeoutMs: 30_000, intervalMs: 250 });
    const rows = await visitor.table('Replays');
    // Cause, state, progress, all, read, sent, accepted, refused, skipped.
    expect(rows.map((row) => row.slice(3, 9)).reverse()).toEqual(
      CAUSES.map(({ letters }) => [whole(letters), whole(letters), whole(letters), whole(letters), '0', '0']),
    );
    await pipeline.untilIdle(120_000);
    expect(await ledger()).toEqual({ balanced: true, applied: LETTERS, dead_lettered: LETTERS });
    const { rows: stored } = await pipeline.database.query<{ samples: string }>(
      `SELECT count(*) AS samples FROM system_metrics`,
    );
    expect(stored).toEqual([{ samples: String(LETTERS) }]);
    if (process.env['UPDATE_SCREENSHOTS']) {
      await visitor.page.screenshot({ path: path.join(REPOSITORY_ROOT, 'docs/images/page-letters.png') });
    }
  }, 600_000);

  it('does not let a viewer see letters or replay them', async () => {
    const guarded = await pipeline.start('query', { AUTH_MODE: 'keys', LETTER_REPLAY: 'on' });
    const guest = await Visitor.enter(browser, guarded.url);
    try {
      const args = ['create', '--role', 'viewer', '--name', 'page', '--by', 'test', '--quiet'];
      const key = (await pipeline.run('operator', 'keys', args)).trim();
      await guest.page.goto(`${guarded.url}/letters`);
      await guest.page.getByLabel('API key or token').fill(key);
      await guest.page.getByRole('button', { name: 'Open' }).click();
      await guest.page.getByRole('row', { name: '/host' }).getByRole('link').click();
      // The list of replays is refused on its own, which may come first.
      const fix = guest.page.getByRole('region', { name: 'Fix' });
      await fix.getByText('Not allowed with this key').waitFor();
      expect(await guest.page.getByRole('button', { name: 'Replay' }).count()).toBe(0);
      const refused = await fetch(`${guarded.url}/v1/dead-letters/replays`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ topic: TOPIC, reason: 'r' }),
      });
      expect(refused.status).toBe(403);
      expect(await guest.barriers()).toEqual([]);
      expect(guest.complaints()).toEqual([]);
    } finally {
      await guest.leave();
      await pipeline.end(guarded);
    }
  });

  it('goes on in another instance when the one that sends is killed, and sends no event twice', async () => {
    const host = 'killed';
    const letters = 4_000;
    const time = Date.now();
    const wrong = (index: number): string =>
      JSON.stringify({
        time: new Date(time - index).toISOString(),
        service_name: 7,
        metric_name: 'pressure',
        metric_value: 1,
        host,
      });
    await pipeline.produce(
      TOPIC,
      Array.from({ length: letters }, (_, index) => ({ key: `h${index % 7}`, value: wrong(index) })),
    );
    await pipeline.untilIdle(120_000);
    const other = await pipeline.start('query', { LETTER_REPLAY: 'on' });
    await waitFor(
      () => known(other, '?field=%2Fservice_name'),
      (indexed) => indexed === CAUSES[0]!.letters + letters,
      { timeoutMs: 180_000, intervalMs: 500 },
    );
    // The page would tell that its service is gone.
    await visitor.page.goto('about:blank');
    const asked = await fetch(`${query.url}/v1/dead-letters/replays`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ topic: TOPIC, patch: { service_name: 'etcher-02' }, reason: 'fixed' }),
    });
    expect(asked.status).toBe(202);
    const { id } = (await asked.json()) as { id: string };
    interface Progress {
      readonly state: string;
      readonly read: number;
      readonly sent: number;
      readonly accepted: number;
      readonly refused: number;
      readonly skipped: readonly { readonly why: string; readonly letters: number }[];
    }
    const progress = async (): Promise<Progress> =>
      (await (await fetch(`${other.url}/v1/dead-letters/replays/${id}`)).json()) as Progress;
    await waitFor(progress, ({ sent }) => sent > 0, { intervalMs: 5 });
    // Nobody is told: its name stays on the replay until that runs out.
    await pipeline.end(query, 'SIGKILL');
    query = other;
    expect(await progress()).toMatchObject({ state: 'sending' });
    const done = await waitFor(progress, ({ state }) => state !== 'sending' && state !== 'judging', {
      timeoutMs: 180_000,
      intervalMs: 500,
    });
    // What was under way when it ended may or may not have arrived: named, and left to a person.
    const uncertain = done.skipped.reduce((sum, one) => sum + one.letters, 0);
    expect(done).toMatchObject({ state: 'done', read: letters, sent: letters - uncertain, refused: 0 });
    expect(done.skipped.map(({ why }) => why)).toEqual(uncertain === 0 ? [] : ['uncertain']);
    expect(uncertain).toBeLessThanOrEqual(500);
    await pipeline.untilIdle(120_000);
    const stored = await pipeline.one<{ samples: number; times: number }>(
      'SELECT count(*)::int AS samples, count(DISTINCT time)::int AS times FROM system_metrics WHERE host = $1',
      [host],
    );
    expect(stored.samples).toBe(stored.times);
    expect(stored.samples).toBeGreaterThanOrEqual(done.accepted);
    expect(stored.samples).toBeLessThanOrEqual(done.accepted + uncertain);
    expect(await ledger()).toMatchObject({ balanced: true, dead_lettered: LETTERS + letters });
  }, 600_000);
});
