/** Tests of what a person does while data arrives, answers fail or fail to come: nothing of it is undone, and nothing is hidden. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { type Page, type Route } from 'playwright-core';
import { type Visitor } from './visitor.ts';

export interface Given {
  readonly visitor: () => Visitor;
  /** Another person with a browser of their own. */
  readonly enter: () => Promise<Visitor>;
  readonly lot: () => string;
}

const CHART = '/charts?step=GATE-CD&parameter=gate_cd&mix=yes&chart=imr&subgroup=1';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** An answer that says what is wrong. */
const refuse = (route: Route, status: number, code: string, headers: Readonly<Record<string, string>> = {}) =>
  route.fulfill({
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: 'about:blank', title: 't', status, code, detail: `it broke: ${code}` }),
  });

/** The answer of the service, changed. */
const change = async <T>(route: Route, how: (answer: T) => T): Promise<void> => {
  const response = await route.fetch();
  await route.fulfill({ response, json: how((await response.json()) as T) });
};

export function undisturbed({ visitor: current, enter, lot }: Given): void {
  describe('while data arrives', () => {
    const address = (): URLSearchParams => new URL(current().page.url()).searchParams;
    const frames = (page: Page): Promise<void> =>
      page.evaluate(
        () => new Promise<void>((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn()))),
      );
    /** Makes the page ask again; resolves when it shows the next answer. */
    const shown = async (part: string): Promise<void> => {
      const { page } = current();
      const answer = page.waitForResponse((response) => response.url().includes(part));
      await current().returns();
      await (await answer).finished();
      await frames(page);
    };

    // Also what is still on its way, whose page has gone on.
    afterEach(() => current().page.unrouteAll({ behavior: 'ignoreErrors' }));

    it('samples stay those that were counted', async () => {
      const { page } = current();
      const asked = (part: string) =>
        page.waitForRequest((request) => request.url().includes('/v1/spc?') && request.url().includes(part));
      const from = (url: string): string | null => new URL(url).searchParams.get('from');
      const first = asked('');
      await current().open(`${CHART}&sample=3`);
      await page.evaluate(() => {
        const now = Date.now;
        Date.now = () => now() + 6 * 3_600_000;
      });
      const next = asked('exclude=3');
      await page.getByRole('button', { name: 'Exclude from the limits' }).click();
      const beginning = from((await first).url());
      expect(from((await next).url())).toBe(beginning);
      // The address, too, names the same samples to everyone who opens it later.
      await waitFor(address, (query) => query.get('from') === beginning);
      // Another range has other samples.
      await page.getByRole('radio', { name: '7 days' }).check();
      await waitFor(address, (query) => query.get('range') === '7d');
      expect(['exclude', 'sample', 'from'].map((name) => address().get(name))).toEqual([null, null, null]);
      const later = asked('exclude=3');
      // As one who was sent the address, in front of the clock as it is.
      await current().load(`${CHART}&exclude=3&from=2026-01-01T00:00:00.000Z`);
      expect(from((await later).url())).toBe('2026-01-01T00:00:00.000Z');
    });

    it('what needs attention is marked where it may be outdated', async () => {
      const { page } = current();
      await current().open('/?range=all');
      await page.getByText('live', { exact: true }).waitFor();
      await page.route('**/v1/{pipeline,ledger,equipment,equipment/compare}*', (route) => route.abort());
      await current().returns();
      await page.locator('.attention').getByText('Not current: the last update failed').waitFor();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.locator('.attention').getByText('Not current').waitFor({ state: 'detached' });
    });

    it('telemetry that cannot be loaded is not said to be missing', async () => {
      const { page } = current();
      await page.route('**/v1/telemetry/series*', (route) =>
        route.request().url().includes('equipment_id') ? refuse(route, 500, 'internal_error') : route.continue(),
      );
      await current().open(`/lots/${lot()}/wafers/W01/dice/5,5?metric=vibration`);
      await page.getByText('it broke: internal_error').waitFor();
    });

    it('a service that is busy is asked again when it said, whatever arrives meanwhile', async () => {
      const { page } = current();
      let isBusy = true;
      const seen = Promise.withResolvers<void>();
      await page.route('**/v1/lots?*', async (route) => {
        if (!isBusy) {
          await seen.promise;
          return route.continue();
        }
        isBusy = false;
        await sleep(2_000);
        return refuse(route, 503, 'overloaded', { 'retry-after': '1' });
      });
      await page.goto(new URL('/lots', page.url()).href);
      await waitFor(
        () => isBusy,
        (busy) => !busy,
      );
      await current().returns();
      await page.getByText('it broke: overloaded').waitFor();
      seen.resolve();
      await page.getByRole('link', { name: lot() }).waitFor({ timeout: 15_000 });
    });

    it('a question that ran out of time is not asked again at once', async () => {
      const { page } = current();
      let count = 0;
      await page.route('**/v1/lots?*', async (route) => {
        count++;
        await sleep(1_000);
        return refuse(route, 503, 'query_timeout', { 'retry-after': '1' });
      });
      await page.goto(new URL('/lots', page.url()).href);
      await page.getByText('it broke: query_timeout').waitFor();
      await sleep(5_000);
      expect(count).toBe(1);
    });

    it('the die under the pointer and the selected one stay at their place', async () => {
      const { page } = current();
      let isFirst = true;
      await page.route(/\/v1\/lots\/[^/]+\/map\?/, (route) =>
        change<{ dies: unknown[] }>(route, (answer) => ({ ...answer, dies: answer.dies.slice(isFirst ? 1 : 0) })),
      );
      await current().open(`/lots/${lot()}`);
      const map = page.locator('.wafer-map');
      const readout = map.locator('.readout');
      const selected = map.locator('[aria-live="polite"]');
      // Beside the middle: with a geometry, two dice meet there, and a click has whole pixels.
      const { width, height } = (await map.locator('.canvases').boundingBox())!;
      await map.locator('.canvases').click({ position: { x: width * 0.515, y: height * 0.515 } });
      const die = await readout.innerText();
      expect(die).toMatch(/^x \d+, y \d+/);
      expect(await selected.innerText()).toBe(die);
      isFirst = false;
      await shown('/map?');
      expect([await readout.innerText(), await selected.innerText()]).toEqual([die, die]);
    });

    it('the marked name of a list stays marked', async () => {
      const other = await enter();
      try {
        const { page } = other;
        await page.clock.install();
        await other.open('/charts');
        await page.getByRole('combobox', { name: 'Step' }).click();
        await page.getByRole('listbox', { name: 'Step' }).waitFor();
        await page.keyboard.press('ArrowDown');
        const marked = page.getByRole('listbox', { name: 'Step' }).getByRole('option', { selected: true });
        const name = await marked.innerText();
        await page.route('**/v1/steps?*', (route) =>
          change<{ items: { name: string }[] }>(route, (answer) => ({
            ...answer,
            items: [{ ...answer.items[0]!, name: 'A-NEW' }, ...answer.items],
          })),
        );
        await other.returns();
        await page.clock.fastForward(60_000);
        await page.getByRole('option', { name: 'A-NEW' }).waitFor();
        expect(await marked.innerText()).toBe(name);
        await page.keyboard.press('Enter');
        await page.waitForURL((url) => url.searchParams.get('step') === name);
      } finally {
        await other.page.unrouteAll({ behavior: 'ignoreErrors' });
        await other.leave();
      }
    });

    it('names of measurements stay while the newest inspection is read', async () => {
      const other = await enter();
      try {
        const { page } = other;
        await page.clock.install();
        await other.open('/charts?step=GATE-CD');
        await page.getByRole('combobox', { name: 'Measurement' }).click();
        await page.getByRole('option', { name: 'gate_cd' }).waitFor();
        let asked = false;
        await page.route('**/v1/inspections?*', (route) =>
          change<{ items: { id: string }[] }>(route, (answer) => ({
            ...answer,
            items: answer.items.map((item) => ({ ...item, id: '01890000-0000-7000-8000-000000000000' })),
          })),
        );
        await page.route('**/v1/inspections/01890000*', () => {
          asked = true;
        });
        await page.route('**/v1/parameters?*', (route) =>
          change(route, (answer: object) => ({ ...answer, items: [] })),
        );
        await other.returns();
        await page.clock.fastForward(60_000);
        await waitFor(
          () => asked,
          (was) => was,
        );
        await frames(page);
        expect(await page.getByRole('option', { name: 'gate_cd' }).count()).toBe(1);
      } finally {
        await other.page.unrouteAll({ behavior: 'ignoreErrors' });
        await other.leave();
      }
    });

    it('a click selects the sample under the pointer, although the chart was redrawn', async () => {
      const { page } = current();
      await current().open(`${CHART}&range=all`);
      const plot = (await page.locator('.chart .u-over').first().boundingBox())!;
      await page.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2, { steps: 3 });
      const before = await page.locator('.chart .readout').first().innerText();
      let value = 1;
      await page.route('**/v1/spc?*', (route) =>
        change<{ location: { points: { value: number }[] } }>(route, (answer) => {
          answer.location.points[0]!.value += value++;
          return answer;
        }),
      );
      await shown('/v1/spc?');
      await page.mouse.down();
      await page.mouse.up();
      await page.waitForURL(/sample=\d+/, { timeout: 10_000 });
      expect(await page.locator('.chart .readout').first().innerText()).toBe(before);
    });

    it('a person who left while something was stored is not brought back', async () => {
      const { page } = current();
      const letGo: (() => void)[] = [];
      const stored = async (route: Route): Promise<void> => {
        if (route.request().method() !== 'POST') {
          return route.continue();
        }
        await new Promise<void>((resolve) => letGo.push(resolve));
        return route.fulfill({ status: 201, json: { id: '1' } });
      };
      await page.route(/\/v1\/(reports|control-limits)/, stored);
      for (const [from, button, fields] of [
        ['/reports', 'Store a report', ['Title', 'Why']],
        [CHART, 'Freeze these limits', ['Why freeze them']],
      ] as const) {
        await current().open(from);
        for (const field of fields) {
          await page.getByLabel(field, { exact: true }).fill('left');
        }
        await page.getByRole('button', { name: button }).click();
        await waitFor(
          () => letGo.length,
          (count) => count === 1,
        );
        await page.getByRole('link', { name: 'Lots', exact: true }).click();
        await page.getByRole('link', { name: lot() }).waitFor();
        const answer = page.waitForResponse((response) => response.request().method() === 'POST');
        letGo.pop()!();
        await (await answer).finished();
        await frames(page);
        expect([from, new URL(page.url()).pathname]).toEqual([from, '/lots']);
      }
    });

    it('limits are stored without undoing what was chosen meanwhile', async () => {
      const { page } = current();
      let letGo: (() => void) | undefined;
      await page.route('**/v1/control-limits', async (route) => {
        if (route.request().method() !== 'POST') {
          return route.continue();
        }
        await new Promise<void>((resolve) => (letGo = resolve));
        return route.fulfill({ status: 201, json: { id: '1' } });
      });
      await current().open(CHART);
      await page.getByLabel('Why freeze them').fill('a test');
      await page.getByRole('button', { name: 'Freeze these limits' }).click();
      await waitFor(
        () => letGo,
        (held) => held !== undefined,
      );
      await page.getByRole('link', { name: 'Run the back-test' }).click();
      await waitFor(address, (query) => query.get('backtest') === 'yes');
      letGo!();
      await waitFor(address, (query) => query.get('limits') === 'current');
      expect(address().get('backtest')).toBe('yes');
    });
  });
}
