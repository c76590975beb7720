/** How long the page takes to draw much, in a real browser: measured and not judged, because tests share a busy machine. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { type Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { Visitor } from './visitor.ts';

export interface Given {
  readonly url: () => string;
  readonly lot: () => string;
  readonly figures: Record<string, number>;
  /** Starts a service that has answered nothing yet; resolves when it says that it is ready. */
  readonly startService: () => Promise<{ readonly url: string; readonly end: () => Promise<unknown> }>;
}

/** A 300 mm wafer of tiny chips. */
const MANY_DICE = 100_000;
const GALLERY_DICE = 5_000;
const CHART_POINTS = 10_000;
const REPEATS = 9;

/** At least this many places in a disc, by x, then y. */
function disc(count: number): [x: number, y: number][] {
  const edge = Math.ceil(Math.sqrt(count / 0.785)) + 1;
  const middle = (edge - 1) / 2;
  const places: [number, number][] = [];
  for (let x = 0; x < edge; x++) {
    for (let y = 0; y < edge; y++) {
      if (Math.hypot(x - middle, y - middle) <= edge / 2) {
        places.push([x, y]);
      }
    }
  }
  return places;
}

const valueAt = (x: number, y: number): number => 400 + ((x * 7 + y * 13) % 1000) / 10;

export function drawsMuch({ url, lot, figures, startService }: Given): void {
  describe('performance, measured and not judged', () => {
    let browser: Browser;
    let visitor: Visitor;
    beforeAll(async () => {
      browser = await launchChromium({ isMeasured: true });
      visitor = await Visitor.enter(browser, url());
    }, 60_000);
    afterAll(() => browser?.close());
    afterEach(() => expect(visitor.complaints()).toEqual([]));

    /** When the page last did a piece of work, and how long it took; ms. */
    const last = (name: string): Promise<readonly [began: number, took: number] | undefined> =>
      visitor.page.evaluate((wanted) => {
        const entry = performance.getEntriesByName(wanted).at(-1);
        return entry && ([entry.startTime, entry.duration] as const);
      }, name);
    /** Median time of a piece of work that `act` makes the page do again. */
    async function median(name: string, act: (n: number) => Promise<unknown>): Promise<number> {
      const samples: number[] = [];
      for (let n = 0; n < REPEATS; n++) {
        const before = (await last(name))?.[0];
        await act(n);
        const entry = await waitFor(
          () => last(name),
          (found) => found !== undefined && found[0] !== before,
        );
        samples.push(entry![1]);
      }
      return samples.sort((a, b) => a - b)[(REPEATS - 1) / 2]!;
    }
    /** Answers requests with what the service answers, changed. */
    const change = async (pattern: RegExp, changed: (answer: Record<string, unknown>) => object): Promise<void> => {
      await visitor.page.route(pattern, async (route) => {
        const answer = (await (await route.fetch()).json()) as Record<string, unknown>;
        await route.fulfill({ json: { ...answer, ...changed(answer) } });
      });
    };
    const legend = (n: number) =>
      visitor.page
        .locator('.legend button')
        .nth(n % 2)
        .click();

    it('fills today in a new browser, in front of a service that has just become ready', async () => {
      const service = await startService();
      const guest = await Visitor.enter(browser, service.url);
      try {
        const began = performance.now();
        await guest.page.goto(service.url);
        await guest.page.locator('h1').waitFor();
        // The page answers: its menu has been drawn by its script.
        figures['interactive_after_ready_ms'] = performance.now() - began;
        await guest.settled();
        figures['today_filled_after_ready_ms'] = performance.now() - began;
        expect(await guest.page.getByRole('link', { name: 'Lots' }).count()).toBe(1);
        expect((await guest.table('First-pass yield by step')).length).toBeGreaterThan(0);
        expect(guest.complaints()).toEqual([]);
      } finally {
        await guest.leave();
        await service.end();
      }
    });

    it(`draws a map of ${MANY_DICE} dice, and follows the pointer`, async () => {
      const dies = disc(MANY_DICE).map(([x, y]) => [x, y, valueAt(x, y)]);
      await change(/\/wafers\/W05\/map/, () => ({ dies }));
      await visitor.load(`/lots/${lot()}/wafers/W05?value=fmax`);
      figures['map_dice'] = dies.length;
      figures['map_median_ms'] = await median('map', legend);
      const box = (await visitor.page.locator('.canvases').boundingBox())!;
      figures['hover_median_ms'] = await median('hover', (n) =>
        visitor.page.mouse.move(box.x + box.width / 3 + n * 17, box.y + box.height / 2),
      );
      expect(dies.length).toBeGreaterThanOrEqual(MANY_DICE);
      expect(await visitor.page.locator('.readout').innerText()).toMatch(/^x \d+, y \d+: /);
      await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    });

    it(`draws a gallery of 25 wafers of ${GALLERY_DICE} dice, asked for once`, async () => {
      const places = disc(GALLERY_DICE);
      const wafers = Array.from({ length: 25 }, (_, index) => ({
        wafer_id: `W${String(index + 1).padStart(2, '0')}`,
        values: places.map(([x, y]) => valueAt(x + index, y)),
      }));
      const asked: string[] = [];
      visitor.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await change(/\/lots\/[^/]+\/maps/, () => ({ places, wafers }));
      await change(/\/lots\/[^/]+\/map\?/, () => ({ dies: places.map(([x, y]) => [x, y, 0, 1]) }));
      await visitor.load(`/lots/${lot()}?value=fmax`);
      await visitor.page.waitForFunction(() => document.querySelectorAll('.gallery canvas').length === 25);
      expect(asked.filter((path) => path.endsWith('/maps'))).toHaveLength(1);
      expect(asked.filter((path) => /\/wafers\/.*map/.test(path))).toEqual([]);
      figures['gallery_dice'] = places.length * wafers.length;
      figures['gallery_median_ms'] = await median('gallery', legend);
      await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    });

    it(`draws a control chart of ${CHART_POINTS} points`, async () => {
      interface Panel {
        readonly points: readonly { index: number }[];
      }
      const stretched = (panel: Panel) => ({
        ...panel,
        points: Array.from({ length: CHART_POINTS }, (_, index) => ({
          ...panel.points[index % panel.points.length]!,
          index,
        })),
        violations: Array.from({ length: CHART_POINTS / 100 }, (_, n) => ({ rule: 'beyond_limits', index: n * 100 })),
      });
      await change(/\/v1\/spc\?/, (answer) => {
        const samples = answer['samples'] as object[];
        return {
          samples: Array.from({ length: CHART_POINTS }, (_, index) => samples[index % samples.length]!),
          location: stretched(answer['location'] as Panel),
          dispersion: stretched(answer['dispersion'] as Panel),
        };
      });
      await visitor.load('/charts?step=GATE-CD&parameter=gate_cd&mix=yes&range=all&equipment=CDSEM-02');
      const panels = visitor.page.getByRole('application', { name: `${CHART_POINTS} points` });
      await panels.nth(1).locator('.u-over').waitFor();
      expect(await panels.count()).toBe(2);
      // Other colours draw both panels again; one is measured.
      figures['chart_points'] = CHART_POINTS;
      figures['chart_panel_median_ms'] = await median('chart', (n) =>
        visitor.page.emulateMedia({ colorScheme: n % 2 === 0 ? 'dark' : 'light' }),
      );
      await visitor.page.emulateMedia({ colorScheme: 'light' });
      await visitor.page.unrouteAll({ behavior: 'ignoreErrors' });
    });
  });
}
