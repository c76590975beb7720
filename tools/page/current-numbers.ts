/** Tests of numbers that must follow their answers, and of choices that must mean what they say. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { type Route } from 'playwright-core';
import { type Visitor } from './visitor.ts';

export interface Given {
  readonly visitor: () => Visitor;
  readonly lot: () => string;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The answer of the service, changed. */
const change = async <T>(route: Route, how: (answer: T) => T): Promise<void> => {
  const response = await route.fetch();
  await route.fulfill({ response, json: how((await response.json()) as T) });
};

interface Panel {
  violations: readonly { index: number; rule: string }[];
}
interface Chart {
  location: Panel;
  dispersion: Panel;
  within?: Panel;
}
interface Series {
  as_of: { positions: { next_offset: number }[] };
  points: { avg_value: number }[];
}

export function currentNumbers({ visitor: current, lot }: Given): void {
  describe('what is shown', () => {
    afterEach(() => current().page.unrouteAll({ behavior: 'ignoreErrors' }));

    it('follows a replay, however long its answers take', async () => {
      const { page } = current();
      let read = 0;
      await page.route('**/v1/dead-letters/replays?*', async (route) => {
        await sleep(2_000);
        read++;
        const counts = {
          letters: 1_000,
          read,
          sent: read,
          accepted: read,
          refused: 0,
          skipped: [],
          uncertain_keys: [],
        };
        const replay = { id: '1', state: 'sending', topic: 't', filter: {}, patch: null, again: false, reason: 'slow' };
        const by = { created_by: 'me', created_at: '2026-03-02T08:00:00Z', finished_at: null, problem: null };
        await route
          .fulfill({ json: { items: [{ ...replay, ...counts, ...by }], next_cursor: null } })
          .catch(() => undefined);
      });
      await current().open('/lots');
      await page.goto(new URL('/letters', page.url()).href);
      await waitFor(
        async () => (await current().table('Replays'))[0]?.[4],
        (shown) => Number(shown) > 2,
        { intervalMs: 250 },
      );
    });

    it('of a machine counts the violations of every panel of its chart', async () => {
      const { page } = current();
      const counts = new Map<string, number>();
      await page.route('**/v1/spc?*equipment_id=*', (route) =>
        change<Chart>(route, (answer) => {
          const within = { ...answer.dispersion, violations: [{ index: 0, rule: 'beyond_limits' }] };
          const name = new URL(route.request().url()).searchParams.get('equipment_id')!;
          counts.set(name, answer.location.violations.length + answer.dispersion.violations.length + 1);
          return { ...answer, within };
        }),
      );
      await current().open('/charts?step=GATE-CD&parameter=gate_cd&mix=yes&range=all&chart=imr&subgroup=1');
      const rows = await waitFor(
        () => current().table('Machine by machine'),
        (all) => all.length > 0 && all.every(([, , , count]) => /^\d+$/.test(count ?? '')),
      );
      expect(rows.map(([name = '', , , count]) => [name, Number(count)])).toEqual(
        rows.map(([name = '']) => [name, counts.get(name)]),
      );
    });

    it('of telemetry follows a partition that catches up behind the newest one', async () => {
      const { page } = current();
      let more = 0;
      await page.route('**/v1/telemetry/series?*', (route) =>
        change<Series>(route, (answer) => {
          answer.as_of.positions[0]!.next_offset += more;
          answer.points.at(-1)!.avg_value = 1_000 + more;
          return answer;
        }),
      );
      await current().open('/telemetry?range=all&metric=vibration');
      const chart = page.locator('.chart').first();
      await chart.locator('.plot').focus();
      await page.keyboard.press('End');
      await chart.locator('.readout').getByText('1,000', { exact: false }).waitFor();
      // The page rests 20 times as long as an answer took, which is long on a busy machine.
      const rested = { timeout: 150_000 };
      more = 7;
      await current().returns();
      await chart.locator('.readout').getByText('1,007', { exact: false }).waitFor(rested);
      // Opens a menu, which takes the end of the click.
      await chart.locator('.plot').hover();
      await page.keyboard.press('End');
      await page.mouse.down({ button: 'right' });
      await page.mouse.move(0, 0);
      more = 8;
      await current().returns();
      await chart.locator('.readout').getByText('1,008', { exact: false }).waitFor(rested);
      await page.mouse.up({ button: 'right' });
    }, 400_000);

    it('is not the previous view when that of the address cannot be loaded', async () => {
      const { page } = current();
      await current().load('/pipeline');
      // As after an upgrade of the service, whose files have other names.
      await page.route('**/assets/lots-*.js', (route) => route.fulfill({ status: 404 }));
      await page.getByRole('link', { name: 'Lots', exact: true }).click();
      await page.getByRole('alert').getByText('This could not be loaded').waitFor();
      expect(await page.getByRole('heading', { name: 'Pipeline', exact: true }).count()).toBe(0);
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('link', { name: lot() }).waitFor();
      // The browser says in the console that the file is missing.
      current().complaints();
    });

    it('goes when the caller may no longer see it', async () => {
      const { page } = current();
      await current().open('/lots');
      await page.getByRole('link', { name: lot() }).waitFor();
      await page.route('**/v1/lots?*', (route) =>
        route.fulfill({
          status: 403,
          headers: { 'content-type': 'application/problem+json' },
          body: JSON.stringify({ type: 'about:blank', title: 't', status: 403, code: 'forbidden', detail: 'gone' }),
        }),
      );
      await current().returns();
      await page.getByText('Not allowed with this key').waitFor();
      expect(await page.getByRole('link', { name: lot() }).count()).toBe(0);
    });

    it('says so where it is a part of all machines or notes', async () => {
      const { page } = current();
      const cut = (route: Route) => change(route, (answer: object) => ({ ...answer, next_cursor: 'more' }));
      await page.route('**/v1/equipment?*', cut);
      await page.route('**/v1/annotations?*', cut);
      await current().open('/?range=all');
      await page
        .locator('.attention')
        .getByText(/Only the first \d+ machines are included here/)
        .waitFor();
      await current().open('/charts?step=GATE-CD&parameter=gate_cd&mix=yes&range=all&chart=imr&subgroup=1');
      await page.getByText(/Only the latest \d+ notes are shown/).waitFor();
    });

    it('of a cause without a code are its letters, and not those of others', async () => {
      const { page } = current();
      await page.route('**/v1/dead-letters/groups', (route) =>
        change<{ groups: object[] }>(route, (answer) => {
          const group = { topic: 'telemetry.samples.v1', code: '', stage: '', field: '', machine: '', letters: 1 };
          const times = { first_failed_at: '2026-03-02T08:00:00Z', last_failed_at: '2026-03-02T08:00:00Z' };
          return { ...answer, groups: [{ ...group, failed_again: 0, replayed: 0, ...times }] };
        }),
      );
      await current().open('/letters');
      const asked = page.waitForRequest((request) => /\/v1\/dead-letters\?/.test(request.url()));
      await page.getByRole('table', { name: 'Causes' }).getByRole('link').click();
      const { searchParams } = new URL((await asked).url());
      expect(['code', 'stage', 'field'].map((name) => searchParams.get(name))).toEqual(['', '', '']);
      await page.getByText('No letter is left here.').waitFor();
    });

    it('of defects is the class that was chosen, also a name with a comma and the rest', async () => {
      const { page } = current();
      const classes = ['scratch, deep', 'b', 'c', 'd', 'e', 'f', 'rare', 'rarest'];
      await page.route('**/defects?*', (route) => change(route, defectsOf(classes)));
      await page.route('**/defects', (route) => change(route, defectsOf(classes)));
      for (const name of ['scratch, deep', 'other classes']) {
        await current().open(`/lots/${lot()}/wafers/W01?defects=yes`);
        const legend = page.locator('.panel', { has: page.getByRole('heading', { name: 'Defects', exact: true }) });
        const entry = legend.locator('.legend button', { hasText: name });
        await entry.click();
        await page.waitForURL(/classes=/);
        await waitFor(
          () => entry.getAttribute('aria-pressed'),
          (pressed) => pressed === 'true',
        );
        expect(await legend.locator('.legend button.faded').count()).toBe(6);
      }
    });
  });
}

/** One defect less of each class than of the one before. */
const defectsOf =
  (classes: readonly string[]) =>
  (answer: { defects: object[] }): { defects: object[] } => {
    const one = { die_x: 5, die_y: 5, x_um: 1, y_um: 1, size_um: 1, severity: null, area_um2: null, event_id: 'e' };
    const defects = classes.flatMap((name, i) =>
      Array.from({ length: classes.length - i }, (_, n) => ({ ...one, class: name, defect_no: n })),
    );
    return { ...answer, ...{ defects, is_truncated: false } };
  };
