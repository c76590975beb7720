/**
 * Longer than 350 lines: one history and one browser serve every test of these views.
 *
 * Tests of control charts, yield, the comparison of machines, telemetry and reports. They share the stack and the browser of
 * page.int-spec.ts, and add a history in which one machine drifts and another scratches.
 */
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@chip/testing';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { type Visitor } from './visitor.ts';

export interface Given {
  readonly visitor: () => Visitor;
  readonly ask: <T>(question: string, body?: object) => Promise<T>;
  /** Publishes with the simulator, and waits until it is stored. */
  readonly publish: (args: readonly string[]) => Promise<void>;
}

/** Metrology and optical inspection of 40 lots are few events, and drift ends with the maintenance after 40 lots. */
const HISTORY = ['--once', '--lots', '40', '--steps', 'GATE-CD,M1-AOI', '--rate', '0', '--inspection-rate', '6'];
const DRIFTING = 'CDSEM-02';
const SCRATCHING = 'AOI-02';

const CHART = '/charts?step=GATE-CD&parameter=gate_cd&mix=yes&range=all';
const SPC = '/v1/spc?chart=xbar_s&parameter=gate_cd&step=GATE-CD&mix=yes&subgroup=lot&rules=beyond_limits';
const VIEWS = {
  'what is measured': '/charts',
  'control chart': `${CHART}&equipment=${DRIFTING}&sample=1&backtest=yes`,
  yield: '/yield?range=all',
  comparison: `/compare?range=all&equipment=${SCRATCHING}`,
  telemetry: '/telemetry?range=all&metric=vibration',
  reports: '/reports',
} as const;

interface Panel {
  readonly centre: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly points: readonly { index: number; value: number }[];
  readonly violations: readonly { index: number; rule: string }[];
}
interface Chart {
  readonly samples: readonly { key: string | null; first_at: string }[];
  readonly location: Panel;
  readonly dispersion: Panel;
}
interface Groups {
  readonly groups: readonly {
    key: string | null;
    units: number;
    failed: number;
    yield: number | null;
    count: number;
    share: number;
    cumulative_share: number;
  }[];
  readonly totals: { units: number; yield: number | null };
}
interface Comparison {
  readonly groups: readonly {
    key: string;
    samples: number;
    units: number;
    yield: number;
    yield_lower: number;
    yield_upper: number;
    odds_ratio: number | null;
    p_corrected: number | null;
    verdict: string;
  }[];
}

const written = (value: number | null, options: Intl.NumberFormatOptions): string =>
  value === null ? '–' : value.toLocaleString('en', options);
const measured = (value: number | null): string => written(value, { maximumSignificantDigits: 6 });
/** Samples of different sizes have different limits. */
const limit = (value: number | null): string => (value === null ? 'by sample' : measured(value));
const whole = (value: number | null): string => written(value, { maximumFractionDigits: 0 });
const percent = (value: number | null): string =>
  written(value, { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function statistics({ visitor: current, ask, publish }: Given): void {
  describe('statistics', () => {
    let visitor: Visitor;
    const shows = async (text: string): Promise<void> => {
      await visitor.page.locator('main').getByText(text, { exact: true }).first().waitFor();
      await visitor.settled();
    };
    const address = (): URLSearchParams => new URL(visitor.page.url()).searchParams;
    const click = async (role: 'link' | 'button', name: string): Promise<void> => {
      await visitor.page.getByRole(role, { name, exact: true }).first().click();
    };
    /** A picture of docs/page.md, where they are wanted. */
    const picture = async (name: string): Promise<void> => {
      if (process.env['UPDATE_SCREENSHOTS']) {
        await visitor.page.screenshot({ path: path.join(REPOSITORY_ROOT, 'docs/images', `page-${name}.png`) });
      }
    };

    beforeAll(async () => {
      visitor = current();
      await publish([...HISTORY, '--seed', 'fab']);
    }, 300_000);

    describe('found by clicking only', () => {
      it('the machine that drifts, on a control chart', async () => {
        await visitor.open('/');
        await click('link', 'Control charts');
        await click('link', 'gate_cd');
        await click('link', 'Combine them');
        await visitor.page.getByRole('table', { name: 'Machine by machine' }).waitFor();
        await visitor.settled();
        const rows = await waitFor(
          () => visitor.table('Machine by machine'),
          (all) => all.length === 2 && all.every(([, , , count]) => /^\d+$/.test(count ?? '')),
        );
        const machines = await Promise.all(
          rows.map(async ([name = '']) => ({ name, chart: await ask<Chart>(`${SPC}&equipment_id=${name}`) })),
        );
        const counted = ({ location, dispersion }: Chart): number =>
          location.violations.length + dispersion.violations.length;
        expect(rows).toEqual(
          machines.map(({ name, chart }) => [
            name,
            whole(chart.samples.length),
            measured(chart.location.centre),
            whole(counted(chart)),
          ]),
        );
        const [worst] = machines.sort((a, b) => counted(b.chart) - counted(a.chart));
        expect(worst?.name).toBe(DRIFTING);
        expect(counted(worst!.chart)).toBeGreaterThan(5);
        await click('link', DRIFTING);
        await waitFor(
          async () => (await visitor.table('Violations')).length,
          (count) => count === counted(worst!.chart),
        );
        await visitor.page.mouse.move(0, 0);
        await picture('drift');
      });

      it('the machine that scratches, on the comparison and in its defects', async () => {
        await visitor.open('/?range=all');
        await click('link', `${SCRATCHING} yields less than the others`);
        await shows(`Lots of ${SCRATCHING}`);
        const [row] = (await visitor.table('Machines')).filter(([name]) => name === SCRATCHING);
        expect(row?.[1]).toBe('▲ worse than the others');
        await picture('compare');
        await click('link', 'What fails');
        await shows('Defects');
        expect(address().get('equipment')).toBe(SCRATCHING);
        await visitor.page.getByRole('radio', { name: 'all time' }).check();
        await waitFor(
          async () => (await visitor.table('Defects'))[0]?.[0],
          (most) => most === 'scratch',
        );
      });
    });

    describe('control charts', () => {
      it('show limits and violations of the API, and a chosen sample in the address', async () => {
        await visitor.open(`${CHART}&equipment=${DRIFTING}`);
        const chart = await ask<Chart>(`${SPC}&equipment_id=${DRIFTING}`);
        expect(await visitor.table('Limits')).toEqual(
          (['location', 'dispersion'] as const).map((name) => {
            const panel = chart[name];
            return [
              'trial: from these samples',
              name === 'location' ? 'Location' : 'Dispersion',
              limit(panel.lower),
              limit(panel.centre),
              limit(panel.upper),
              String(panel.violations.length),
            ];
          }),
        );
        const values = new Map(chart.location.points.map(({ index, value }) => [index, value]));
        expect((await visitor.table('Violations')).map((row) => row.slice(0, 4))).toEqual(
          chart.location.violations
            .toSorted((a, b) => b.index - a.index)
            .map(({ index }) => [
              chart.samples[index]?.key,
              'beyond a limit',
              'Location',
              measured(values.get(index) ?? null),
            ]),
        );
        const drawn = visitor.page.getByRole('application', { name: /^Location: / });
        expect(await drawn.getAttribute('aria-label')).toContain(
          `${chart.samples.length} points, ${chart.location.violations.length} violations`,
        );
        await drawn.focus();
        await visitor.page.keyboard.press('End');
        await visitor.page.keyboard.press('p');
        const [last, before] = chart.location.violations.toSorted((a, b) => b.index - a.index);
        const expected = last?.index === chart.samples.length - 1 ? before : last;
        await waitFor(address, (query) => query.get('sample') === String(expected?.index));
        await visitor.page.keyboard.press('ArrowLeft');
        await waitFor(address, (query) => query.get('sample') === String((expected?.index ?? 0) - 1));
        expect(await visitor.page.locator('.chart .readout').first().innerText()).toContain(
          String(chart.samples[(expected?.index ?? 0) - 1]?.key),
        );
      });

      it('leave excluded samples out of trial limits, and show frozen ones beside them', async () => {
        await visitor.open(`${CHART}&equipment=${DRIFTING}&sample=3`);
        await click('button', 'Exclude from the limits');
        await waitFor(address, (query) => query.get('exclude') === '3');
        const without = await ask<Chart>(`${SPC}&equipment_id=${DRIFTING}&exclude=3`);
        await waitFor(
          async () => (await visitor.table('Limits'))[0]?.[3],
          (centre) => centre === limit(without.location.centre),
        );
        await visitor.page.getByLabel('Why without').fill('pump exchanged');
        await visitor.page.getByLabel('Why freeze them').fill('end of phase I');
        await click('button', 'Freeze these limits');
        await waitFor(address, (query) => query.get('limits') === 'current' && !query.has('exclude'));
        const { items } = await ask<{ items: { version: number; reason: string; exclusions: { reason: string }[] }[] }>(
          `/v1/control-limits?parameter=gate_cd&equipment_id=${DRIFTING}`,
        );
        expect(items).toMatchObject([{ reason: 'end of phase I', exclusions: [{ reason: 'pump exchanged' }] }]);
        const version = items[0]!.version;
        const rows = await waitFor(
          () => visitor.table('Limits'),
          (all) => all.length === 4,
        );
        expect(rows.map(([name, panel, , centre]) => [name, panel, centre])).toEqual([
          [`frozen, version ${version}`, 'Location', limit(without.location.centre)],
          [`frozen, version ${version}`, 'Dispersion', limit(without.dispersion.centre)],
          ['trial: from these samples', 'Location', expect.any(String)],
          ['trial: from these samples', 'Dispersion', expect.any(String)],
        ]);
        expect(rows[0]?.[3]).not.toBe(rows[2]?.[3]);
      });

      it('choose by typing, and test rules on the history', async () => {
        await visitor.open('/charts?range=all');
        await visitor.page.getByRole('combobox', { name: 'Step' }).pressSequentially('gate');
        await visitor.page.getByRole('option', { name: 'GATE-CD' }).waitFor();
        await visitor.page.keyboard.press('ArrowDown');
        await visitor.page.keyboard.press('Enter');
        await waitFor(address, (query) => query.get('step') === 'GATE-CD');
        const parameter = visitor.page.getByRole('combobox', { name: 'Measurement' });
        await parameter.pressSequentially('rough');
        await visitor.page.getByRole('option', { name: 'line_edge_roughness' }).click();
        await waitFor(address, (query) => query.get('parameter') === 'line_edge_roughness');
        await visitor.open(`${CHART}&equipment=${DRIFTING}&rules=western_electric`);
        const asked = visitor.page.waitForRequest('**/v1/spc/backtest');
        await click('link', 'Run the back-test');
        const { rules, together } = await ask<{
          rules: { alarms: number; alarms_per_week: number }[];
          together: { alarms: number; alarms_per_week: number };
        }>('/v1/spc/backtest', (await asked).postDataJSON() as object);
        await visitor.page.getByRole('table', { name: 'Back-test of the rules' }).waitFor();
        expect((await visitor.table('Back-test of the rules')).map((row) => row.slice(1, 3))).toEqual(
          [...rules, together].map(({ alarms, alarms_per_week: weekly }) => [whole(alarms), measured(weekly)]),
        );
        expect(together.alarms).toBeGreaterThan(5);
      });

      it('name the last choice above the first', async () => {
        await visitor.open('/charts?range=all');
        await visitor.page.getByRole('combobox', { name: 'Step' }).click();
        const names = visitor.page.getByRole('listbox', { name: 'Step' });
        await names.waitFor();
        await visitor.page.keyboard.press('ArrowUp');
        const marked = names.getByRole('option', { selected: true });
        expect(await marked.innerText()).toBe((await names.getByRole('option').allInnerTexts()).at(-1));
        await visitor.page.keyboard.press('Escape');
      });

      it('say what is refused, once, and what can be done', async () => {
        await visitor.open('/charts?step=GATE-CD&parameter=gate_cd&range=all');
        await visitor.page.getByText('ambiguous_parameter').waitFor();
        expect(await visitor.page.getByText('This could not be loaded').count()).toBe(1);
        await visitor.open('/charts?step=GATE-CD&parameter=nothing&range=all');
        await shows('Nothing was measured in this range and with these filters.');
      });
    });

    it('yield: its trend, what it differs by and what fails, narrowed by a click', async () => {
      await visitor.open('/yield?range=all&kind=first_pass&by=hour');
      const check = async (filter: string): Promise<void> => {
        for (const [caption, by] of [
          ['By product', 'product'],
          ['By machine', 'equipment'],
        ] as const) {
          const { groups } = await ask<Groups>(`/v1/yield?kind=first_pass&group_by=${by}${filter}`);
          expect(await visitor.table(caption)).toEqual(
            groups.map(({ key, units, failed, yield: share }) => [key, whole(units), whole(failed), percent(share)]),
          );
        }
        const defects = await ask<Groups>(`/v1/defects/pareto?by=class&policy=first${filter}`);
        expect(await visitor.table('Defects')).toEqual(
          defects.groups.map(({ key, count, share, cumulative_share: sum }) => [
            key,
            whole(count),
            percent(share),
            percent(sum),
          ]),
        );
        const { totals } = await ask<Groups>(`/v1/yield?kind=first_pass${filter}`);
        expect(await visitor.page.locator('.figure strong').first().innerText()).toBe(percent(totals.yield));
      };
      await check('');
      const bins = await ask<Groups>('/v1/bins/pareto?bin=soft&policy=first&result=fail');
      expect((await visitor.table('Soft bins of failing units')).map((row) => row.slice(0, 2))).toEqual(
        bins.groups.map(({ key, count }) => [String(key), whole(count)]),
      );
      await click('link', SCRATCHING);
      await waitFor(address, (query) => query.get('equipment') === SCRATCHING);
      await waitFor(
        async () => (await visitor.table('By machine')).length,
        (count) => count === 1,
      );
      await visitor.settled();
      await check(`&equipment_id=${SCRATCHING}`);
      await picture('yield');
    });

    it('the comparison: interval, verdict in words, and the lots of a machine', async () => {
      await visitor.open(`/compare?range=all&step=M1-AOI&equipment=${SCRATCHING}`);
      const { groups } = await ask<Comparison>('/v1/equipment/compare?policy=first&sample=lot&step=M1-AOI');
      const words: Readonly<Record<string, string>> = {
        worse: '▲ worse than the others',
        better: '● better than the others',
        no_difference: '= no difference found',
        inconclusive: '? too few samples',
      };
      const rows = await visitor.table('Machines');
      expect(rows[0]?.[0]).toBe(SCRATCHING);
      expect(rows.toSorted()).toEqual(
        groups
          .map((row) => [
            row.key,
            words[row.verdict],
            whole(row.samples),
            whole(row.units),
            percent(row.yield),
            `${percent(row.yield_lower)} – ${percent(row.yield_upper)}`,
            measured(row.odds_ratio),
            measured(row.p_corrected),
          ])
          .toSorted(),
      );
      const lots = await ask<Groups>(`/v1/yield?group_by=lot&kind=first_pass&step=M1-AOI&equipment_id=${SCRATCHING}`);
      expect(await visitor.table(`Lots of ${SCRATCHING}`)).toEqual(
        lots.groups.map(({ key, units, failed, yield: share }) => [key, whole(units), whole(failed), percent(share)]),
      );
      // What else there is to see is about the same range and step.
      await click('link', 'What fails');
      await waitFor(
        address,
        (query) => query.toString() === `equipment=${SCRATCHING}&step=M1-AOI&range=all&kind=first_pass`,
      );
    });

    it('telemetry: the sources of the API, and a zoom by the pointer', async () => {
      await visitor.open(VIEWS.telemetry);
      const { services } = await ask<{
        services: {
          service_name: string;
          sample_count: number;
          avg_value: number;
          min_value: number;
          max_value: number;
        }[];
      }>('/v1/telemetry/summary?metric_name=vibration&from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z');
      expect(services.length).toBeGreaterThan(3);
      expect(await visitor.table('Machines and services')).toEqual(
        services.map((one) => [
          one.service_name,
          whole(one.sample_count),
          measured(one.avg_value),
          measured(one.min_value),
          measured(one.max_value),
        ]),
      );
      const [first] = services;
      await visitor.page.getByRole('checkbox', { name: first!.service_name }).uncheck();
      await waitFor(address, (query) => query.get('sources')?.includes(first!.service_name) === false);
      const chart = visitor.page.locator('.chart').first();
      await chart.getByText(first!.service_name, { exact: true }).waitFor({ state: 'detached' });
      const draw = async (meanwhile?: () => Promise<void>): Promise<number[]> => {
        await visitor.settled();
        const plot = (await chart.locator('.u-over').boundingBox())!;
        const moveTo = (share: number): Promise<void> =>
          visitor.page.mouse.move(plot.x + plot.width * share, plot.y + plot.height / 2, { steps: 5 });
        await moveTo(0.4);
        await visitor.page.mouse.down();
        await moveTo(0.6);
        await meanwhile?.();
        await moveTo(0.9);
        await visitor.page.mouse.up();
        await waitFor(address, (query) => query.has('from') && query.has('to'));
        return ['from', 'to'].map((end) => Date.parse(address().get(end)!));
      };
      const [from, to] = await draw();
      expect(to).toBeGreaterThan(from!);
      await click('link', 'Whole range');
      await visitor.page.getByRole('link', { name: 'Whole range', exact: true }).waitFor({ state: 'detached' });
      // New data while the button is down neither ends nor moves the range.
      const [inner, outer] = await draw(async () => {
        const answer = visitor.page.waitForResponse((response) => response.url().includes('/v1/telemetry/series'));
        await publish([...HISTORY, '--lots', '1', '--seed', 'meanwhile']);
        await (await answer).finished();
        await visitor.page.evaluate(
          () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(undefined)))),
        );
      });
      expect((inner! - from!) / (to! - from!)).toBeCloseTo(0, 1);
      expect((outer! - from!) / (to! - from!)).toBeCloseTo(1, 1);
    });

    it('telemetry: says that no source is chosen, and chooses others than those without a sample', async () => {
      await visitor.open(`${VIEWS.telemetry}&sources=`);
      await shows('No source is selected: tick some in the table below.');
      await visitor.open(`${VIEWS.telemetry}&sources=a,b,c,d,e,f`);
      await shows('No sample in this range.');
      const [name = ''] = (await visitor.table('Machines and services'))[0] ?? [];
      await visitor.page.getByRole('checkbox', { name }).check();
      await waitFor(address, (query) => query.get('sources') === name);
    });

    it('reports: stored from the page, and shown as they were stored', async () => {
      await visitor.open('/reports');
      await visitor.page.getByLabel('Title').fill('Scratches');
      await visitor.page.getByLabel('Why').fill('a review');
      await visitor.page.getByRole('combobox', { name: 'Step' }).fill('M1-AOI');
      await visitor.page.keyboard.press('Enter');
      await click('button', 'Store a report');
      await shows('● unchanged since');
      const id = visitor.page.url().split('/').at(-1);
      const { sha256, result } = await ask<{
        sha256: string;
        result: { sections: { title: string; answer: Groups }[] };
      }>(`/v1/reports/${id}`);
      expect(await visitor.page.locator('main').innerText()).toContain(sha256);
      const defects = result.sections.find(({ title }) => title === 'Defects by class')!;
      expect(await visitor.table('Defects by class')).toEqual(
        defects.answer.groups.map(({ key, count, share, cumulative_share: sum }) => [
          key,
          whole(count),
          percent(share),
          percent(sum),
        ]),
      );
      expect(await visitor.barriers()).toEqual([]);
      await visitor.page.emulateMedia({ media: 'print' });
      expect(await visitor.page.getByRole('button', { name: 'Print' }).isVisible()).toBe(false);
      await visitor.page.emulateMedia({ media: 'screen' });
    });

    it.each(Object.keys(VIEWS) as (keyof typeof VIEWS)[])('%s: no barrier, light, dark or on a phone', async (name) => {
      await visitor.load(VIEWS[name]);
      expect(await visitor.barriers()).toEqual([]);
      await visitor.recolour('dark');
      expect(await visitor.barriersOfColours()).toEqual([]);
      await visitor.recolour('light');
      await visitor.page.setViewportSize({ width: 320, height: 640 });
      await visitor.open(VIEWS[name]);
      expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
      await visitor.page.setViewportSize({ width: 1280, height: 900 });
    });
  });
}
