/** Tests of what a person does with one wafer, one die and one number: zones, defects, telemetry, and taking it elsewhere. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { type Visitor } from './visitor.ts';

export interface Given {
  readonly visitor: () => Visitor;
  readonly ask: <T>(question: string) => Promise<T>;
  readonly lot: () => string;
  /** Publishes events, and waits until they are stored. */
  readonly publish: (topic: string, values: readonly { key: string; value: string }[]) => Promise<void>;
  /** Stores the geometries of the products; storing them again changes nothing. */
  readonly storeGeometries: () => Promise<void>;
  /** Runs a script with the rights of those who read the database; its result sets. */
  readonly runSql: (script: string) => Promise<(readonly Record<string, unknown>[])[]>;
}

interface Geometry {
  readonly diameter_mm: number;
  readonly pitch_x_mm: number;
  readonly pitch_y_mm: number;
  readonly centre_x: number;
  readonly centre_y: number;
  readonly offset_x_mm: number;
  readonly offset_y_mm: number;
}
interface WaferMap {
  readonly geometry: Geometry;
  readonly zones: readonly { key: string | null; tested: number; failed: number; yield: number }[];
}
interface Defect {
  readonly die_x: number;
  readonly die_y: number;
  readonly x_um: number;
  readonly y_um: number;
  readonly class: string;
}

const STEPS = 'First-pass yield by step';

const percent = (value: number): string => `${(100 * value).toFixed(2)}%`;
const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

export function exploring({ visitor: current, ask, lot, publish, storeGeometries, runSql }: Given): void {
  describe('a map in depth', () => {
    beforeAll(storeGeometries, 60_000);

    const map = (): Promise<string> =>
      current().page.evaluate(() => document.querySelector<HTMLCanvasElement>('.canvases canvas')?.toDataURL() ?? '');
    const picture = async (name: string): Promise<void> => {
      if (process.env['UPDATE_SCREENSHOTS']) {
        await current().page.screenshot({ path: path.join(REPOSITORY_ROOT, 'docs/images', `page-${name}.png`) });
      }
    };

    it('outlines zones, and shows the yield of each as the API counts it', async () => {
      const { page } = current();
      const question = `/v1/lots/${lot()}/wafers/W05/map?inspection_type=electrical&step=CP1`;
      await current().open(`/lots/${lot()}/wafers/W05`);
      const seen = new Set([await map()]);
      for (const [zone, name] of [
        ['ring', 'rings'],
        ['quadrant', 'quadrants'],
        ['edge', 'edge'],
        ['reticle', 'places in the exposure field'],
      ] as const) {
        await page.locator('label.select', { hasText: /^Zone/ }).locator('select').selectOption(zone);
        const { zones } = await ask<WaferMap>(`${question}&zones=${zone}`);
        expect(zones.length).toBeGreaterThan(0);
        await page.getByRole('table', { name: `Yield by zone: ${name}` }).waitFor();
        expect(await current().table(`Yield by zone: ${name}`)).toEqual(
          zones.map((one) => [one.key, String(one.tested), String(one.failed), percent(one.yield)]),
        );
        await waitFor(map, (drawn) => !seen.has(drawn));
        seen.add(await map());
      }
      expect(await current().barriers()).toEqual([]);
    });

    it('draws each defect at its place, and its legend hides classes', async () => {
      const { page } = current();
      const wafers = Array.from({ length: 25 }, (_, i) => `W${String(i + 1).padStart(2, '0')}`);
      let wafer = '';
      let defects: readonly Defect[] = [];
      for (const name of wafers) {
        ({ defects } = await ask<{ defects: Defect[] }>(`/v1/lots/${lot()}/wafers/${name}/defects`));
        if (defects.length > 1) {
          wafer = name;
          break;
        }
      }
      await current().open(`/lots/${lot()}/wafers/${wafer}?defects=yes&zones=quadrant`);
      const counts = new Map<string, number>();
      for (const one of defects) {
        counts.set(one.class, (counts.get(one.class) ?? 0) + 1);
      }
      const legend = page.locator('.panel', { has: page.getByRole('heading', { name: 'Defects', exact: true }) });
      const shown = (await legend.locator('.legend button').allInnerTexts()).map((text) => text.split(/\s+/));
      expect(shown.slice(0, 6).map(([, name, count]) => [name, Number(count)])).toEqual(
        [...counts].sort(([a, some], [b, more]) => more - some || (a < b ? -1 : 1)).slice(0, 6),
      );
      // The last one is drawn on top of the others.
      const last = defects.at(-1)!;
      const { geometry } = await ask<WaferMap>(
        `/v1/lots/${lot()}/wafers/${wafer}/map?inspection_type=electrical&step=CP1`,
      );
      const colourAt = (): Promise<string> =>
        page.evaluate(
          ({ g, d }) => {
            const canvas = document.querySelector<HTMLCanvasElement>('.canvases canvas')!;
            const perMm = (canvas.width - 4) / g.diameter_mm;
            const x = g.offset_x_mm + (d.die_x - g.centre_x - 0.5) * g.pitch_x_mm + d.x_um / 1000;
            const y = g.offset_y_mm + (d.die_y - g.centre_y - 0.5) * g.pitch_y_mm + d.y_um / 1000;
            const at = [canvas.width / 2 + x * perMm, canvas.height / 2 - y * perMm].map(Math.round);
            return canvas.getContext('2d')!.getImageData(at[0]!, at[1]!, 1, 1).data.slice(0, 3).join();
          },
          { g: geometry, d: last },
        );
      const swatch = legend.locator('.legend button', { hasText: last.class });
      const expected = await swatch
        .locator('.swatch')
        .evaluate((element) => getComputedStyle(element).backgroundColor.replaceAll(/[^\d,]/g, ''));
      await waitFor(colourAt, (colour) => colour === expected);
      await picture('defects');
      const other = [...counts.keys()].find((name) => name !== last.class);
      if (other !== undefined) {
        await legend.locator('.legend button', { hasText: other }).first().click();
        await page.waitForURL(/classes=/);
        await waitFor(colourAt, (colour) => colour !== expected);
      }
      expect(await current().barriers()).toEqual([]);
    });
  });

  describe('a die', () => {
    it('has the telemetry of its machine around the time of its inspection', async () => {
      const { inspections } = await ask<{
        inspections: { attempts: { equipment_id: string | null; occurred_at: string }[] }[];
      }>(`/v1/lots/${lot()}/parts/W01-X05Y05`);
      const last = inspections
        .flatMap(({ attempts }) => attempts)
        .filter(({ equipment_id }) => equipment_id !== null)
        .sort((a, b) => a.occurred_at.localeCompare(b.occurred_at))
        .at(-1)!;
      const at = Date.parse(last.occurred_at);
      await publish(
        'telemetry.samples.v1',
        Array.from({ length: 21 }, (_, i) => ({
          key: 'around',
          value: JSON.stringify({
            time: new Date(at + (i - 10) * 60_000).toISOString(),
            service_name: 'controller',
            metric_name: 'chuck_force',
            metric_value: 40 + i,
            host: 'around',
            tags: { equipment_id: last.equipment_id },
          }),
        })),
      );
      await current().open(`/lots/${lot()}/wafers/W01/dice/5,5?metric=chuck_force`);
      const chart = current().page.getByRole('application', {
        name: `Telemetry of ${last.equipment_id} around the inspection`,
      });
      await chart.focus();
      await current().page.keyboard.press('End');
      const readout = current().page.locator('.chart .readout');
      await waitFor(
        () => readout.innerText(),
        (text) => text.endsWith('chuck_force: 60'),
      );
      await current().page.keyboard.press('Home');
      await waitFor(
        () => readout.innerText(),
        (text) => text.endsWith('chuck_force: 40'),
      );
      expect(await current().barriers()).toEqual([]);
    });
  });

  describe('on a wall', () => {
    it.each([
      ['today', () => '/?range=all'],
      ['lot', () => `/lots/${lot()}`],
      ['wafer', () => `/lots/${lot()}/wafers/W05?value=soft_bin&zones=ring&defects=yes&die=5,5`],
      ['chart', () => '/charts?step=GATE-CD&parameter=gate_cd&mix=yes&range=all&equipment=CDSEM-02&sample=4'],
    ])('of 4K and on a phone: %s', async (name, address) => {
      const { page } = current();
      for (const [width, height] of [
        [3840, 2160],
        [320, 640],
      ] as const) {
        await page.setViewportSize({ width, height });
        await current().show(address());
        // A view that is open already follows the change of size.
        await waitFor(
          () => page.evaluate(() => document.documentElement.scrollWidth),
          (needed) => needed <= width,
        );
        expect(await current().barriers()).toEqual([]);
        if (process.env['UPDATE_SCREENSHOTS']) {
          const file = path.join(import.meta.dirname, 'test-results', `${name}-${width}.png`);
          await page.screenshot({ path: file, fullPage: width < 1000 });
        }
      }
      await page.setViewportSize({ width: 1280, height: 900 });
    });
  });

  describe('what is copied', () => {
    beforeAll(() => current().page.context().grantPermissions(['clipboard-read', 'clipboard-write']));

    /** The explanation of a panel, open. */
    const explanation = async (panel: string) => {
      const { page } = current();
      const popover = page.locator('.popover:popover-open');
      if ((await popover.count()) === 0) {
        await page.getByRole('button', { name: `What is this? ${panel}` }).click();
      }
      return popover;
    };
    /** What a button of the explanation of a panel copies. */
    const copied = async (panel: string, button: string): Promise<string> => {
      const { page } = current();
      const popover = await explanation(panel);
      await page.evaluate(() => navigator.clipboard.writeText(''));
      await popover.getByRole('button', { name: button }).click();
      return waitFor(
        () => page.evaluate(() => navigator.clipboard.readText()),
        (text) => text !== '',
      );
    };
    const rows = () => current().table(STEPS);
    const whole = (value: number): string => value.toLocaleString('en');
    const run = (command: string, args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
      expect([status, stderr.replaceAll(/^ .*|% Total.*/gm, '').trim()]).toEqual([0, '']);
      return stdout;
    };
    const shownOf = (text: string): string[][] =>
      (JSON.parse(text) as { groups: { key: string; units: number; failed: number; yield: number }[] }).groups.map(
        (one) => [one.key, whole(one.units), whole(one.failed), percent(one.yield)],
      );

    it('as URL and as curl returns what the page shows', async () => {
      await current().open('/?range=all');
      const url = await copied(STEPS, 'Copy URL');
      expect(shownOf(await (await fetch(url)).text())).toEqual(await rows());
      expect(shownOf(run('sh', ['-c', `${await copied(STEPS, 'Copy curl')} -s`]))).toEqual(await rows());
    });

    (HAS_PYTHON ? it : it.skip)('as Python returns what the page shows (skipped without python3)', async () => {
      await current().show('/?range=all');
      expect(shownOf(run('python3', ['-c', await copied(STEPS, 'Copy Python')]))).toEqual(await rows());
    });

    it('is said to be missing where the service does not give it', async () => {
      const { page } = current();
      await current().show('/?range=all');
      await page.route('**/v1/yield*', (route) =>
        route.request().headers()['accept'] === 'application/sql'
          ? route.fulfill({
              status: 503,
              contentType: 'application/problem+json',
              body: JSON.stringify({ status: 503, code: 'overloaded', detail: 'too busy' }),
            })
          : route.fallback(),
      );
      await (await explanation(STEPS)).getByRole('button', { name: 'Copy SQL' }).click();
      await page.getByRole('alert').getByText('Not copied: too busy').waitFor();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    });

    it('as SQL runs with the rights of a reader, and has the rows behind what the page shows', async () => {
      await current().show('/?range=all');
      const results = await runSql(await copied(STEPS, 'Copy SQL'));
      const counted = results
        .flat()
        .filter((row) => row['total'] === false && typeof row['key'] === 'string')
        .map(({ key, units, passed }) => [
          String(key),
          whole(Number(units)),
          whole(Number(units) - Number(passed)),
          percent(Number(passed) / Number(units)),
        ]);
      expect(counted.sort()).toEqual((await rows()).sort());
      await current().open(`/lots/${lot()}/wafers/W01/dice/5,5`);
      const measured = (await runSql(await copied('Measurements', 'Copy SQL')))
        .flat()
        .filter((row) => 'lower_limit' in row && 'name' in row)
        .map(
          ({ name, value }) => `${String(name)} ${Number(value).toLocaleString('en', { maximumSignificantDigits: 6 })}`,
        );
      expect(measured.length).toBeGreaterThan(3);
      expect(measured.sort()).toEqual(
        (await current().table('Measurements')).map((row) => `${row[0]} ${row[2]}`).sort(),
      );
    });
  });

  describe('long work', () => {
    it('says for how long it runs, is cancelled, and begins again on demand', async () => {
      const { page } = current();
      let isHeld = true;
      await page.route('**/v1/lots*', async (route) => {
        if (!isHeld) {
          await route.continue();
        }
      });
      const given = page.waitForEvent('requestfailed', (request) => request.url().includes('/v1/lots'));
      await page.goto(new URL('/lots', page.url()).href);
      await page.getByRole('button', { name: 'Cancel' }).click();
      expect((await given).failure()?.errorText).toContain('ABORTED');
      await page.getByText('Cancelled').waitFor();
      expect(await current().barriers()).toEqual([]);
      isHeld = false;
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('link', { name: lot() }).waitFor();
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    });
  });
}
