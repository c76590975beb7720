// Longer than 350 lines: one stack and one browser serve every test of the page.
/** The page in a real browser, in front of the whole pipeline with the data of the synthetic fab. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, waitFor } from '@chip/testing';
import { type Browser } from 'playwright-core';
import { AUDIENCE, LOCAL_PAGE, TokenIssuer } from '@chip/testing/issuer';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { storeGeometries } from '../devstack/commands/start/geometries.ts';
import { Pipeline, type Service } from '../e2e/pipeline.ts';
import { launchChromium } from './chromium.ts';
import { currentNumbers } from './current-numbers.ts';
import { eventStream } from './event-stream.ts';
import { exploring } from './exploring.ts';
import { notesAndPhases } from './notes-and-phases.ts';
import { drawsMuch } from './performance.ts';
import { statistics } from './statistics.ts';
import { undisturbed } from './undisturbed.ts';
import { Visitor } from './visitor.ts';

const SEED = 'page';
/** One lot of each pattern; its electrical test shows it. */
const PATTERNS = [
  ...['--once', '--lots', '2', '--steps', 'CP1', '--rate', '0', '--inspection-rate', '3'],
  ...['--patterns', 'ring,scratch', '--seed', 'patterns'],
];
const MAX_FIRST_LOAD_BYTES = 150_000;

let pipeline: Pipeline;
let query: Service;
let browser: Browser;
let closeBrowser: (() => Promise<void>) | undefined;
let visitor: Visitor;
let lot: string;
const figures: Record<string, number> = {};

async function ask<T>(question: string, body?: object): Promise<T> {
  const response = await fetch(
    query.url + question,
    body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  if (!response.ok) {
    throw new Error(`${question} answers ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as T;
}

beforeAll(async () => {
  const launched = launchChromium();
  // Whatever fails below, the browser is closed: a process left behind would keep the run from ending.
  closeBrowser = async () => (await launched).close();
  pipeline = await Pipeline.createApart();
  [query] = await Promise.all([pipeline.start('query'), pipeline.start('ingest'), pipeline.start('writer')]);
  // The first lot by its number makes the same dice fail in every run of the same seed.
  await pipeline.run('machines', 'main', ['--once', '--lots', '2', '--rate', '2', '--seed', SEED]);
  await pipeline.untilIdle(300_000);
  const { items } = await ask<{ items: { lot_id: string }[] }>('/v1/lots');
  lot = items.map(({ lot_id }) => lot_id).sort()[0]!;
  browser = await launched;
  visitor = await Visitor.enter(browser, query.url);
}, 900_000);

afterAll(async () => {
  await closeBrowser?.();
  await pipeline?.close();
  mkdirSync(path.join(import.meta.dirname, 'test-results'), { recursive: true });
  writeFileSync(path.join(import.meta.dirname, 'test-results/figures.json'), JSON.stringify(figures, null, 2));
}, 120_000);

afterEach(() => expect(visitor.complaints()).toEqual([]));

/** Holds back what the page asks for, after all else that it asks for. */
const holdBack = (pattern: string): Promise<unknown> =>
  visitor.page.route(pattern, async (route) => {
    await sleep(1_000);
    await route.continue();
  });
const percent = (fraction: number | null): string => (fraction === null ? '–' : `${(100 * fraction).toFixed(2)}%`);
const whole = (number: number): string => number.toLocaleString('en');
interface Group {
  key: string;
  units: number;
  failed: number;
  yield: number | null;
}

type ViewName = 'today' | 'lots' | 'lot' | 'wafer' | 'die' | 'pipeline' | 'runbook' | 'nothing';
/** Every view, as an address of the lot. */
const VIEWS: Readonly<Record<ViewName, (lot: string) => string>> = {
  today: () => '/?range=all',
  lots: () => '/lots',
  lot: (name: string) => `/lots/${name}`,
  wafer: (name: string) => `/lots/${name}/wafers/W05?value=soft_bin&die=5,5`,
  die: (name: string) => `/lots/${name}/wafers/W01/dice/5,5`,
  pipeline: () => '/pipeline',
  runbook: () => '/runbooks/gap',
  nothing: () => '/no/such/view',
};

describe('what is served', () => {
  it('is one document for every view, and a problem for programs', async () => {
    const get = (address: string, accept: string): Promise<Response> =>
      fetch(query.url + address, { headers: { accept } });
    for (const address of ['/', '/lots/x', '/no/such/view']) {
      const response = await get(address, 'text/html,*/*');
      expect([address, response.status, response.headers.get('content-type')]).toEqual([
        address,
        200,
        'text/html; charset=utf-8',
      ]);
      const policy = response.headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(await response.text()).not.toMatch(/<style|style=|<script(?![^>]*src=)|https?:/);
    }
    for (const [address, accept] of [
      ['/no/such/view', '*/*'],
      ['/v1/no/such/route', 'text/html'],
      ['/assets/none.js', 'text/html'],
    ] as const) {
      const response = await get(address, accept);
      expect([address, response.status, (await response.json()) as object]).toEqual([
        address,
        404,
        expect.objectContaining({ code: 'route_not_found' }),
      ]);
    }
  });

  it('is small at the first load, and kept by the browser for good', async () => {
    await visitor.load('/');
    const loaded = await visitor.page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname),
    );
    const assets = [...new Set(loaded)].filter((name) => name.startsWith('/assets/'));
    expect(assets.length).toBeGreaterThan(2);
    let bytes = 0;
    for (const asset of ['/', ...assets]) {
      const { headers } = await fetch(query.url + asset, {
        headers: { 'accept-encoding': 'gzip', accept: 'text/html' },
      });
      if (asset !== '/') {
        expect([asset, headers.get('cache-control'), headers.get('content-encoding')]).toEqual([
          asset,
          'public, max-age=31536000, immutable',
          'gzip',
        ]);
      }
      bytes += Number(headers.get('content-length'));
    }
    figures['first_load_gzipped_bytes'] = bytes;
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(MAX_FIRST_LOAD_BYTES);
  });
});

describe.each(Object.keys(VIEWS) as ViewName[])('the view %s', (name) => {
  it('has no barrier in light colours', async () => {
    await visitor.load(VIEWS[name](lot));
    expect(await visitor.barriers()).toEqual([]);
  });

  it('has no barrier in dark colours', async () => {
    await visitor.show(VIEWS[name](lot));
    await visitor.recolour('dark');
    expect(await visitor.barriersOfColours()).toEqual([]);
    await visitor.recolour('light');
  });
});

describe('numbers are those of the API', () => {
  it('today', async () => {
    await visitor.open('/?range=all');
    const steps = await ask<{ groups: Group[] }>('/v1/yield?kind=first_pass&group_by=step');
    const rows = (groups: Group[]): string[][] =>
      groups.map(({ key, units, failed, yield: share }) => [key, whole(units), whole(failed), percent(share)]);
    expect(steps.groups.length).toBeGreaterThan(4);
    expect(await visitor.table('First-pass yield by step')).toEqual(rows(steps.groups));
    const products = await ask<{ groups: Group[] }>('/v1/yield?kind=rolled_throughput&group_by=product');
    expect(await visitor.table('Rolled throughput yield by product')).toEqual(rows(products.groups));
    const machines = await ask<{ items: { name: string }[] }>('/v1/equipment?limit=500');
    expect((await visitor.table('Machines')).map(([name]) => name).sort()).toEqual(
      machines.items.map(({ name }) => name).sort(),
    );
  });

  it('a lot: each wafer with its yield', async () => {
    await holdBack('**/v1/yield?*group_by=wafer*');
    await visitor.open(`/lots/${lot}`);
    const shown = await visitor.page.locator('.gallery a').allInnerTexts();
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    const { groups } = await ask<{ groups: Group[] }>(
      `/v1/yield?lot_id=${lot}&inspection_type=electrical&step=CP1&group_by=wafer`,
    );
    expect(groups).toHaveLength(25);
    expect(await visitor.page.locator('.gallery canvas').count()).toBe(25);
    expect(shown).toEqual(groups.map(({ key, units, yield: share }) => `${key} ${percent(share)} of ${whole(units)}`));
  });

  it('a wafer: its yield, its bins and its dice', async () => {
    await holdBack('**/v1/bins/pareto?*');
    await visitor.open(`/lots/${lot}/wafers/W05?value=hard_bin`);
    const legend = await visitor.page.locator('.legend button').allInnerTexts();
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    const { groups } = await ask<{ groups: Group[] }>(
      `/v1/yield?lot_id=${lot}&inspection_type=electrical&step=CP1&group_by=wafer`,
    );
    const { dies } = await ask<{ dies: [number, number, number][] }>(
      `/v1/lots/${lot}/wafers/W05/map?value=hard_bin&inspection_type=electrical&step=CP1`,
    );
    expect(await visitor.page.locator('[data-figure="yield"] strong').innerText()).toBe(
      percent(groups.find(({ key }) => key === 'W05')!.yield),
    );
    const counts = new Map<string, number>();
    for (const [, , bin] of dies) {
      const label = bin === 1 ? 'bin 1, pass' : `bin ${bin}`;
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    const shown = legend.map((text) => text.split('\n').map((part) => part.trim())).filter(([, n]) => n !== '0');
    expect(new Map(shown.map(([label, n]) => [label, Number(n)]))).toEqual(counts);
    const failing = dies.filter(([, , bin]) => bin !== 1);
    expect(failing.length).toBeGreaterThan(0);
    expect((await visitor.table('Dice')).slice(0, failing.length).map(([place, bin]) => `${place}: ${bin}`)).toEqual(
      failing.map(([x, y, bin]) => `x ${x}, y ${y}: bin ${bin}`),
    );
  });

  it('a die: every attempt and measurement', async () => {
    await visitor.open(`/lots/${lot}/wafers/W01/dice/5,5`);
    const { inspections } = await ask<{
      inspections: { attempts: object[]; measurements: { name: string; value: number }[] }[];
    }>(`/v1/lots/${lot}/parts/W01-X05Y05`);
    const measurements = inspections.flatMap((one) => one.measurements);
    expect(measurements.length).toBeGreaterThan(3);
    expect(
      (await visitor.table('Measurements')).map(([name, , value]) => [name, Number(value!.replace(',', ''))]),
    ).toEqual(measurements.map(({ name, value }) => [name, value]));
    expect(await visitor.table('Inspections and attempts')).toHaveLength(
      inspections.flatMap(({ attempts }) => attempts).length,
    );
  });

  it('the pipeline: every partition', async () => {
    await visitor.open('/pipeline');
    const { partitions } = await ask<{ partitions: { topic: string; partition: number; next_offset: number }[] }>(
      '/v1/pipeline',
    );
    expect((await visitor.table('Partitions')).map(([name, , position]) => `${name} ${position}`).sort()).toEqual(
      partitions.map(({ topic, partition, next_offset: next }) => `${topic}/${partition} ${whole(next)}`).sort(),
    );
    for (const name of ['Lag, events', 'Lag, s']) {
      expect(await visitor.page.getByRole('img', { name, exact: true }).locator('canvas').count()).toBe(1);
    }
  });
});

describe('a number explains itself', () => {
  it('with its definition, its sample, its request and a file', async () => {
    await visitor.open('/?range=all');
    const answer = await ask<{ definition: string; totals: { units: number }; groups: Group[] }>(
      '/v1/yield?kind=first_pass&group_by=step',
    );
    await visitor.page.getByRole('button', { name: 'What is this? First-pass yield by step' }).click();
    const popover = visitor.page.locator('.popover:popover-open');
    const text = await popover.innerText();
    expect(text).toContain(answer.definition);
    expect(text).toContain(whole(answer.totals.units));
    expect(await visitor.barriers()).toEqual([]);
    const request = await popover.getByRole('link').getAttribute('href');
    expect(await (await fetch(request!)).json()).toMatchObject({ groups: answer.groups });
    const [download] = await Promise.all([
      visitor.page.waitForEvent('download'),
      popover.getByRole('button', { name: 'Download CSV' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines[0]).toBe('step,units,passed,failed,yield,dppm');
    expect(lines).toHaveLength(1 + answer.groups.length);
    await visitor.page.keyboard.press('Escape');
  });
});

describe('without a mouse', () => {
  it('leads from the top of the page to the content', async () => {
    await visitor.load('/lots');
    await visitor.page.keyboard.press('Tab');
    await visitor.page.keyboard.press('Enter');
    expect(await visitor.page.evaluate(() => document.activeElement?.id)).toBe('content');
  });

  it('walks through the dice of a map, from failing die to failing die, and into one', async () => {
    await visitor.open(`/lots/${lot}/wafers/W05?value=hard_bin`);
    const map = visitor.page.getByRole('application');
    await map.focus();
    const dieIs = (die: string | null): Promise<unknown> =>
      visitor.page.waitForFunction((wanted) => new URL(location.href).searchParams.get('die') === wanted, die);
    const { dies } = await ask<{ dies: [number, number, number][] }>(
      `/v1/lots/${lot}/wafers/W05/map?value=hard_bin&inspection_type=electrical&step=CP1`,
    );
    const [x, y] = dies[0]!;
    const right = dies.filter(([, other]) => other === y).map(([at]) => at)[1]!;
    const up = dies.filter(([other, at]) => other === right && at > y).map(([, at]) => at)[0]!;
    await visitor.page.keyboard.press('ArrowRight');
    await dieIs(`${x},${y}`);
    await visitor.page.keyboard.press('ArrowRight');
    await dieIs(`${right},${y}`);
    await visitor.page.keyboard.press('ArrowUp');
    await dieIs(`${right},${up}`);
    await visitor.page.keyboard.press('ArrowDown');
    await dieIs(`${right},${y}`);
    await visitor.page.keyboard.press('ArrowLeft');
    await visitor.page.keyboard.press('ArrowLeft');
    // There is no die further to the left: the selection stays.
    await dieIs(`${x},${y}`);
    const failing = (await visitor.table('Dice')).filter(([, bin]) => bin !== 'bin 1').map(([place]) => place);
    expect(failing.length).toBeGreaterThan(1);
    await visitor.page.keyboard.press('n');
    const announced = visitor.page.locator('[aria-live="polite"]');
    await waitFor(
      () => announced.innerText(),
      (text) => /bin (?!1\b)\d+/.test(text),
    );
    await visitor.page.keyboard.press('Enter');
    await visitor.page.waitForURL(/\/dice\//);
    await visitor.settled();
    expect(await visitor.page.locator('h1').innerText()).toMatch(/^Chip W05-/);
    await visitor.page.goBack();
    await visitor.settled();
    await visitor.page.getByRole('application').focus();
    await visitor.page.keyboard.press('Escape');
    await dieIs(null);
  });
});

describe('on paper', () => {
  it('is light, also where the page is dark', async () => {
    const { page } = visitor;
    await page.emulateMedia({ colorScheme: 'dark' });
    await visitor.load('/lots');
    const theme = (): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset['theme']);
    expect(await theme()).toBe('dark');
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' });
    await waitFor(theme, (one) => one === 'light');
    await page.emulateMedia({ colorScheme: 'light', media: 'screen' });
  });
});

describe('the keys of a map', () => {
  it('begin with the first or the last failing die', async () => {
    const { page } = visitor;
    const { dies } = await ask<{ dies: [number, number, string][] }>(
      `/v1/lots/${lot}/wafers/W05/map?inspection_type=electrical&step=CP1`,
    );
    const failing = [dies[0]!, dies.at(-1)!];
    failing.forEach((die) => (die[2] = 'fail'));
    const maps = `**/v1/lots/${lot}/wafers/W05/map?*`;
    await page.route(maps, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...((await response.json()) as object), dies } });
    });
    await visitor.open(`/lots/${lot}/wafers/W05`);
    await page.getByRole('application').focus();
    for (const [at, key] of ['n', 'p'].entries()) {
      await page.keyboard.press(key);
      await page.waitForURL((url) => url.searchParams.get('die') === failing[at]!.slice(0, 2).join());
      await page.keyboard.press('Escape');
      await page.waitForURL((url) => !url.searchParams.has('die'));
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

describe('the address is the state', () => {
  it('of the search for a lot, also after going back', async () => {
    const { page } = visitor;
    await visitor.open(`/lots?lot_id=${lot}`);
    const field = page.getByRole('searchbox');
    await page.getByRole('navigation').getByRole('link', { name: 'Lots' }).click();
    await page.waitForURL((url) => url.search === '');
    const shows = (text: string): Promise<unknown> =>
      waitFor(
        () => field.inputValue(),
        (value) => value === text,
      );
    await shows('');
    await page.goBack();
    await shows(lot);
  });

  it('of the legend and the selected die, and shows the same to everyone who opens it', async () => {
    await visitor.open(`/lots/${lot}/wafers/W05?value=hard_bin`);
    const pass = visitor.page.getByRole('button', { name: /^bin 1, pass/ });
    await pass.click();
    await visitor.page.waitForURL(/only=1/);
    await visitor.page.locator('.canvases').click();
    await visitor.page.waitForURL(/die=/);
    const address = visitor.page.url();
    const other = await Visitor.enter(browser, query.url);
    await other.load(address.slice(query.url.length));
    expect(await other.page.getByRole('button', { name: /^bin 1, pass/ }).getAttribute('aria-pressed')).toBe('true');
    const [seen] = await waitFor(
      () => Promise.all([mapOf(visitor), mapOf(other)]),
      ([one, another]) => one !== '' && one === another,
    );
    await other.leave();
    await pass.click();
    await waitFor(
      () => mapOf(visitor),
      (map) => map !== seen,
    );
  });

  it('leads from today to a die by links alone', async () => {
    // Its views are not loaded yet.
    await visitor.load('/');
    await visitor.page.getByRole('link', { name: 'Lots' }).click();
    await visitor.page.getByRole('link', { name: lot }).click();
    await visitor.page.getByRole('link', { name: /^W05/ }).click();
    // The view comes late, and the one before it stays until then: the page says that it is busy.
    await holdBack('**/assets/die-*.js');
    await visitor.page.getByRole('link', { name: 'Everything about this die' }).first().click();
    await visitor.page.waitForURL(/\/dice\//);
    await visitor.settled();
    expect(await visitor.page.locator('h1').innerText()).toMatch(/^Chip W05-/);
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
  });
});

/** What the map shows, as data. */
const mapOf = ({ page }: Visitor): Promise<string> =>
  page.evaluate(() => (document.querySelector('.canvases canvas') as HTMLCanvasElement | null)?.toDataURL() ?? '');

/** Publishes samples. */
const telemetry = (count: number): Promise<void> =>
  pipeline.produce(
    'telemetry.samples.v1',
    Array.from({ length: count }, (_, i) => ({
      key: `h${i}`,
      value: JSON.stringify({
        time: new Date().toISOString(),
        service_name: 's',
        metric_name: 'm',
        metric_value: i,
        host: `h${i}`,
      }),
    })),
  );
/** Samples that the view of the pipeline counts. */
const appliedSamples = async (): Promise<number> =>
  (await visitor.table('Topics'))
    .filter(([topic]) => topic === 'telemetry.samples.v1')
    .map(([, , , , count]) => Number(count!.replaceAll(',', '')))[0]!;

describe('when something is missing', () => {
  it('says what failed, keeps what it knew, and recovers', async () => {
    await visitor.open('/pipeline');
    const before = await visitor.table('Partitions');
    await visitor.page.route('**/v1/**', (route) => route.abort());
    await visitor.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await telemetry(1);
    await visitor.page.getByText('Not current: the last update failed').first().waitFor();
    expect(await visitor.table('Partitions')).toEqual(before);
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    await visitor.page.getByText('Not current').first().waitFor({ state: 'detached' });
  });

  it('says that there is no telemetry, where no machine has sent any', async () => {
    const { dies } = await ask<{ dies: [number, number, string][] }>(
      `/v1/lots/${lot}/wafers/W05/map?inspection_type=electrical&step=CP1`,
    );
    await visitor.page.route('**/v1/metrics?*', (route) => route.fulfill({ json: { items: [], next_cursor: null } }));
    for (const address of ['/telemetry', `/lots/${lot}/wafers/W05/dice/${dies[0]!.slice(0, 2).join()}`]) {
      await visitor.open(address);
      await visitor.page.getByText('No machine has sent samples yet.').waitFor();
    }
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('notices that the network is cut, and goes on by itself when it returns', async () => {
    await visitor.open('/pipeline');
    const live = visitor.page.getByText('live', { exact: true });
    await live.waitFor();
    const network = visitor.page.context();
    await network.setOffline(true);
    // A request that fails is the first that a person notices; the open stream may still look alive.
    await telemetry(1);
    await visitor.page.getByText('Not current: the last update failed').first().waitFor();
    await network.setOffline(false);
    await visitor.page.getByText('Not current').first().waitFor({ state: 'detached' });
    await live.waitFor();
  });

  it('survives a restart of the service under the open page, and shows what came meanwhile', async () => {
    await visitor.open('/pipeline');
    const live = visitor.page.getByText('live', { exact: true });
    await live.waitFor();
    const loaded = await visitor.page.evaluate(() => performance.timeOrigin);
    // Those of the tests before, too.
    await pipeline.untilIdle();
    const before = await appliedSamples();
    await pipeline.end(query);
    await live.waitFor({ state: 'detached' });
    await telemetry(7);
    await pipeline.untilIdle(60_000);
    expect(await appliedSamples()).toBe(before);
    query = await pipeline.start('query', { PORT: new URL(query.url).port });
    await live.waitFor();
    await waitFor(appliedSamples, (count) => count === before + 7, { timeoutMs: 45_000, intervalMs: 200 });
    expect(await visitor.page.evaluate(() => performance.timeOrigin)).toBe(loaded);
  });

  it('says so without data, and asks again on demand', async () => {
    const problem = (status: number, code: string, detail: string) => ({
      status,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: 'about:blank', title: 't', status, code, detail }),
    });
    await visitor.page.route('**/v1/lots*', (route) => route.fulfill(problem(500, 'internal_error', 'it broke')));
    await visitor.load('/lots');
    await visitor.page.getByText('it broke').waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    await visitor.page.getByRole('button', { name: 'Try again' }).click();
    await visitor.page.getByRole('link', { name: lot }).waitFor();
    await visitor.page.route('**/v1/lots*', (route) =>
      route.fulfill(problem(403, 'forbidden', 'the role is too small')),
    );
    await visitor.open('/lots?cursor=x');
    await visitor.page.getByText('Not allowed with this key').waitFor();
    expect(await visitor.page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it.each([
    ['/lots?lot_id=NONE', 'There is no lot named NONE.'],
    ['/lots/NONE', 'there is no such lot'],
    ['/runbooks/none', 'There is no runbook of this name.'],
    ['/no/such/view', 'The address leads to no view.'],
    ['/lots/LOT/wafers/W01?value=none', 'No die has a value of none here.'],
    ['/lots/LOT/wafers/W01/dice/999,999', 'No inspection names this die.'],
    ['/lots/LOT/wafers/W01/dice/here', 'No inspection names this die.'],
  ])('%s says: %s', async (address, text) => {
    await visitor.open(address.replace('LOT', lot));
    expect(await visitor.page.locator('main').innerText()).toContain(text);
  });

  it('a question that stays wrong has no retry', async () => {
    await visitor.open(`/lots/${lot}/wafers/W01?value=${'x'.repeat(300)}`);
    await visitor.page.getByRole('alert').getByText('invalid_parameter').first().waitFor();
    expect(await visitor.page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  });
});

describe('live', () => {
  it('shows what was stored, without a reload', async () => {
    await visitor.open('/pipeline');
    await visitor.page.getByText('live', { exact: true }).waitFor();
    const before = await appliedSamples();
    await telemetry(50);
    await waitFor(appliedSamples, (count) => count === before + 50, { timeoutMs: 45_000, intervalMs: 200 });
  });
});

describe('for everyone', () => {
  it('speaks German, keeps it, and shows times of the plant with UTC beside', async () => {
    await visitor.open('/lots');
    await visitor.page.getByRole('button', { name: 'Settings' }).click();
    await visitor.page.getByLabel('Language').selectOption('de');
    await visitor.page.getByLabel('Zeitzone des Werks').selectOption('Asia/Tokyo');
    await visitor.page.keyboard.press('Escape');
    await visitor.load('/');
    expect(await visitor.page.locator('html').getAttribute('lang')).toBe('de');
    expect(await visitor.page.locator('nav a').allInnerTexts()).toEqual(expect.arrayContaining(['Heute', 'Lose']));
    const { items } = await ask<{ items: { name: string; last_seen: string }[] }>('/v1/equipment?limit=500');
    const tokyo = (at: string): string =>
      new Date(Date.parse(at) + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    const seen = new Map((await visitor.table('Maschinen')).map(([name, , , time]) => [name, time!]));
    for (const { name, last_seen: at } of items) {
      expect(seen.get(name)).toContain(tokyo(at));
      expect(seen.get(name)).toContain(`${at.slice(11, 19)} UTC`);
    }
    await visitor.page.evaluate(() => localStorage.clear());
    await visitor.load('/');
  });

  it.each<ViewName>(['today', 'lot', 'wafer', 'die', 'pipeline'])('fits a phone: %s', async (name) => {
    await visitor.page.setViewportSize({ width: 320, height: 640 });
    await visitor.open(VIEWS[name](lot));
    expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await visitor.page.setViewportSize({ width: 1280, height: 900 });
  });
});

describe('with access control', () => {
  let guarded: Service;
  let guest: Visitor;
  const keyOf = async (...args: string[]): Promise<string> =>
    (await pipeline.run('operator', 'keys', ['create', ...args, '--name', 'page', '--by', 'test', '--quiet'])).trim();
  beforeAll(async () => {
    guarded = await pipeline.start('query', { AUTH_MODE: 'keys' });
    guest = await Visitor.enter(browser, guarded.url);
  }, 300_000);
  afterAll(() => pipeline.end(guarded).then(() => guest.leave()));
  afterEach(() => expect(guest.complaints()).toEqual([]));

  const signIn = async (key: string): Promise<void> => {
    await guest.page.getByLabel('API key or token').fill(key);
    await guest.page.getByRole('button', { name: 'Open' }).click();
  };

  it('asks for a key, refuses a wrong one, and opens with the right one', async () => {
    await guest.page.goto(`${guarded.url}/lots?sign-in=no_role`);
    await guest.page.getByText('This service asks for a key').waitFor();
    const failure = guest.page.getByText('You are known, but have no role here');
    await failure.waitFor();
    expect(await guest.barriers()).toEqual([]);
    await signIn(`chip_0123456789_${'A'.repeat(43)}`);
    await guest.page.getByText('The key was refused').waitFor();
    // It was of the attempt before.
    expect(await failure.count()).toBe(0);
    await signIn(await keyOf('--role', 'viewer'));
    await guest.page.getByRole('link', { name: lot }).waitFor();
    await guest.page.getByText('live', { exact: true }).waitFor();
    // A reload keeps it; another tab has to ask.
    await guest.load('/lots');
    await guest.page.getByRole('link', { name: lot }).waitFor();
    const tab = await guest.page.context().newPage();
    await tab.goto(`${guarded.url}/lots`);
    await tab.getByText('This service asks for a key').waitFor();
    await tab.close();
  });

  it('shows a caller of one product the rest, and says what is not allowed', async () => {
    await guest.page.getByRole('button', { name: 'Settings' }).click();
    await guest.page.getByRole('button', { name: 'Forget the key' }).click();
    await guest.page.getByText('This service asks for a key').waitFor();
    await signIn(await keyOf('--role', 'viewer', '--product', 'MCU-7708'));
    await guest.open('/pipeline');
    await guest.page.getByText('Not allowed with this key').first().waitFor();
    expect(await guest.barriers()).toEqual([]);
  });

  it('keeps what was typed when the key ends in the middle, but not for the next person', async () => {
    const { page } = guest;
    const forget = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('button', { name: 'Forget the key' }).click();
      await page.getByText('This service asks for a key').waitFor();
    };
    const [first, second] = [await keyOf('--role', 'engineer'), await keyOf('--role', 'engineer')];
    await forget();
    await signIn(first);
    await guest.open('/charts?step=GATE-CD&parameter=gate_cd&mix=yes&range=all');
    const form = page.getByRole('form', { name: 'Add the note' });
    await form.getByLabel('Note').fill('of the other pump');
    await form.getByRole('button').click();
    await page.getByRole('button', { name: 'Withdraw: of the other pump' }).click();
    await page.getByLabel('Why it is wrong').fill('it was this one');
    await form.getByLabel('Note').fill('the pump was exchanged');
    await form.getByLabel('For every measurement').check();
    await pipeline.run('operator', 'keys', ['revoke', first.split('_')[1]!, '--by', 'test']);
    await waitFor(
      async () => (await fetch(`${guarded.url}/v1/lots`, { headers: { authorization: `Bearer ${first}` } })).status,
      (status) => status === 401,
    );
    // The page may have noticed by itself.
    await form
      .getByRole('button')
      .click({ timeout: 1_000 })
      .catch(() => undefined);
    await page.getByText('This service asks for a key').waitFor();
    await signIn(second);
    expect(await form.getByLabel('Note').inputValue()).toBe('the pump was exchanged');
    expect(await form.getByLabel('For every measurement').isChecked()).toBe(true);
    expect(await page.getByLabel('Why it is wrong').inputValue()).toBe('it was this one');
    await page.getByRole('button', { name: 'Withdraw', exact: true }).click();
    await page.getByText('Nothing is noted here.').waitFor();
    // Also what was kept for a view that nobody came back to.
    await page.evaluate(() => {
      const { pathname, search } = location;
      sessionStorage.setItem(`chip.draft ${pathname}${search} note`, '{"value":"of somebody else"}');
    });
    await forget();
    await signIn(second);
    expect(await form.getByLabel('Note').inputValue()).toBe('');
    // Nor does a wrong key lose it.
    await guest.open('/reports');
    await page.getByLabel('Title').fill('what was typed');
    const ended = { status: 401, code: 'unauthenticated', detail: 'it has ended' };
    await page.route('**/v1/**', (route) =>
      route.fulfill({ status: 401, contentType: 'application/problem+json', body: JSON.stringify(ended) }),
    );
    await guest.returns();
    const refused = page.getByText('The key was refused');
    await refused.filter({ hasText: ended.detail }).waitFor();
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await signIn(`chip_0123456789_${'A'.repeat(43)}`);
    await refused.filter({ hasNotText: ended.detail }).waitFor();
    await signIn(second);
    expect(await page.getByLabel('Title').inputValue()).toBe('what was typed');
  });
});

describe('with sign-in by the page of an issuer', () => {
  it('goes there and back, stores as the person, and ends with signing out', async () => {
    const issuer = await TokenIssuer.start();
    issuer.give({ claims: { chip_role: 'engineer' } });
    const port = String(await freePort());
    const address = `http://127.0.0.1:${port}`;
    const service = await pipeline.start('query', {
      PORT: port,
      AUTH_MODE: 'oidc',
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: AUDIENCE,
      OIDC_CLIENT_ID: LOCAL_PAGE.id,
      SESSION_SECRET: 'a secret of the test of the page',
      PUBLIC_URL: address,
    });
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(45_000);
      // Also from a view whose address is too long to come back to.
      await page.goto(`${address}/charts?sign-in=no_role&exclude=${'1,'.repeat(600)}`);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'I am Alex' }).waitFor();
      await page.goto(`${address}/lots?sign-in=no_role`);
      await page.getByText('You are known, but have no role here').waitFor();
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'I am Alex' }).click();
      await page.getByRole('link', { name: lot }).waitFor();
      expect(page.url()).toBe(`${address}/lots`);
      await page.getByText('live', { exact: true }).waitFor();
      expect(await page.evaluate(() => document.cookie)).toBe('');
      // A write carries the proof that it comes from this page.
      await page.goto(`${address}/reports`);
      await page.getByLabel('Title').fill('Signed in');
      await page.getByLabel('Why').fill('a review');
      await page.getByRole('combobox', { name: 'Step' }).fill('M1-AOI');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Store a report' }).click();
      await page.getByText('● unchanged since').waitFor();
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL((url) => url.origin === issuer.url);
      await page.goto(`${address}/lots`);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
    } finally {
      await context.close();
      await pipeline.end(service);
      await issuer.stop();
    }
  });
});

statistics({
  visitor: () => visitor,
  ask,
  publish: async (args) => {
    await pipeline.run('machines', 'main', [...args]);
    await pipeline.untilIdle(300_000);
  },
});

describe('a lot with a pattern', () => {
  /** The share of failing dice between each two radii, of each wafer of the gallery, as drawn. */
  const failingBetween = (radii: readonly (readonly [inner: number, outer: number])[]): Promise<number[][]> =>
    visitor.page.evaluate((all) => {
      const drawn = [...document.querySelectorAll<HTMLCanvasElement>('.gallery canvas')].map((canvas) =>
        canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height),
      );
      return all.map(([inner, outer]) =>
        drawn.map(({ data, width, height }) => {
          let [dice, failing] = [0, 0];
          for (let at = 0; at < data.length; at += 4) {
            const x = ((at / 4) % width) / width - 0.5;
            const y = Math.floor(at / 4 / width) / height - 0.5;
            const squared = 4 * (x * x + y * y);
            if (squared >= inner * inner && squared < outer * outer) {
              dice++;
              failing += data[at]! > 150 && data[at + 1]! < 100 && data[at + 2]! < 100 ? 1 : 0;
            }
          }
          return failing / dice;
        }),
      );
    }, radii);

  it('is told apart at a glance: a ring from a scratch', async () => {
    await pipeline.run('machines', 'main', PATTERNS);
    await pipeline.untilIdle(300_000);
    await storeGeometries(query.url, AbortSignal.timeout(60_000));
    for (const pattern of ['RING', 'SCRATCH']) {
      await visitor.open('/lots');
      await visitor.page.getByRole('link', { name: new RegExp(`-${pattern}$`) }).click();
      await visitor.page.waitForFunction(() => document.querySelectorAll('.gallery canvas').length === 25);
      const [ring = [], inside = []] = await failingBetween([
        [0.55, 0.68],
        [0, 0.4],
      ]);
      expect([pattern, ring.length]).toEqual([pattern, 25]);
      if (pattern === 'RING') {
        expect(Math.min(...ring)).toBeGreaterThan(0.5);
        expect(Math.max(...inside)).toBeLessThan(0.25);
      } else {
        // A line crosses the ring twice and the middle once.
        expect(Math.max(...ring)).toBeLessThan(0.4);
        expect(Math.min(...inside)).toBeGreaterThan(0.02);
      }
      if (process.env['UPDATE_SCREENSHOTS']) {
        const file = `page-${pattern.toLowerCase()}.png`;
        await visitor.page.screenshot({ path: path.join(REPOSITORY_ROOT, 'docs/images', file) });
      }
    }
  });

  it('is drawn as its geometry says: notch, edge, and the die under the pointer', async () => {
    await visitor.page.getByRole('link', { name: /^W05/ }).click();
    await visitor.page
      .getByText('MCU-7708: 200 mm, notch at the bottom, x to the right and y up; edge exclusion 3 mm.')
      .waitFor();
    await visitor.settled();
    const box = (await visitor.page.locator('.canvases').boundingBox())!;
    // 18 mm to the right of the middle and 14 mm above it: one die to the right of the one at (8, 6), and one row up.
    const perMm = box.width / 200;
    await visitor.page.mouse.click(box.x + box.width / 2 + 18 * perMm, box.y + box.height / 2 - 14 * perMm);
    await visitor.page.waitForURL(/die=9(,|%2C)7/);
    if (process.env['UPDATE_SCREENSHOTS']) {
      await visitor.page.screenshot({ path: path.join(REPOSITORY_ROOT, 'docs/images', 'page-wafer.png') });
    }
  });
});

notesAndPhases({
  visitor: () => visitor,
  ask,
  figures,
  send: (topic, key, value) => pipeline.produce(topic, [{ key, value }]),
  stored: async () => {
    const { offsets, at } = await pipeline.one<{ offsets: string; at: Date }>(
      `SELECT sum(next_offset) AS offsets, max(updated_at) AS at FROM stream_positions WHERE source_topic = 'inspection.results.v1'`,
    );
    return { offsets: Number(offsets), atMs: at.getTime() };
  },
});

exploring({
  visitor: () => visitor,
  ask,
  lot: () => lot,
  publish: async (topic, values) => {
    await pipeline.produce(topic, [...values]);
    await pipeline.untilIdle(60_000);
  },
  storeGeometries: () => storeGeometries(query.url, AbortSignal.timeout(60_000)),
  runSql: async (script) => {
    await pipeline.database.query('SET ROLE chip_reader');
    try {
      // A script of several statements has a result for each.
      const results = (await pipeline.database.query(script)) as unknown as { rows: Record<string, unknown>[] }[];
      return results.map(({ rows }) => rows);
    } finally {
      await pipeline.database.query('RESET ROLE');
    }
  },
});

undisturbed({
  visitor: () => visitor,
  enter: () => Visitor.enter(browser, query.url),
  lot: () => lot,
});

eventStream({
  visitor: () => visitor,
  enter: () => Visitor.enter(browser, query.url),
  publish: async () => {
    await telemetry(1);
    await pipeline.untilIdle(60_000);
  },
});

currentNumbers({ visitor: () => visitor, lot: () => lot });

drawsMuch({
  url: () => query.url,
  lot: () => lot,
  figures,
  startService: async () => {
    const service = await pipeline.start('query');
    return { url: service.url, end: () => pipeline.end(service) };
  },
});
