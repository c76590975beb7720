import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { lotsOfDice, normal, sitesOfWafers } from '../../test/stable-processes.ts';
import { type ControlChart } from './chart.ts';
import { countChart } from './counts.ts';
import { cusumChart, ewmaChart } from './ewma-cusum.ts';
import { individualsChart } from './individuals.ts';
import { betweenWithinChart, subgroupChart } from './subgroups.ts';
import { equalProportionsP, holm, wilsonInterval } from '../yield/proportions.ts';
import { compareTools, type ToolSample } from '../yield/tool-comparison.ts';
import { summarise } from '../numbers/within-sigma.ts';

/**
 * How often each default raises an alarm on a stable process. docs/statistics.md publishes the table; run this suite with
 * UPDATE_DOCS=1 to write it.
 */
const PAGE = fileURLToPath(new URL('../../../../docs/statistics.md', import.meta.url));
const [BEGIN, END] = ['<!-- false alarms: begin -->', '<!-- false alarms: end -->'];

const RUNS = 40;
const SAMPLES = 200;
const rules = ['beyond_limits'] as const;

/** Share of the points of the location panel that are beyond their limits. */
function alarmRate(chart: (z: () => number) => ControlChart): number {
  const z = normal(20_261_126);
  let [alarms, points] = [0, 0];
  for (let run = 0; run < RUNS; run++) {
    const { location } = chart(z);
    alarms += location.violations.length;
    points += location.points.length;
  }
  return alarms / points;
}

const dice = { lots: SAMPLES, dice: 25_000, rate: 0.05, spread: 0.01 };
const sites = { wafers: SAMPLES, sites: 9, between: 1, within: 0.3 };
const alike = { wafers: SAMPLES, sites: 5, between: 0, within: 1 };
const values = (z: () => number): number[] => Array.from({ length: SAMPLES }, z);
const defects = (z: () => number) => lotsOfDice(z, { ...dice, rate: 0.05 }).map(({ count }) => ({ count, size: 25 }));

const CHARTS: [name: string, process: string, most: number, chart: (z: () => number) => ControlChart][] = [
  ['imr', 'independent values', 1 / 200, (z) => individualsChart(values(z), { rules })],
  [
    'xbar_r',
    'independent values, samples of 5',
    1 / 200,
    (z) => subgroupChart('xbar_r', sitesOfWafers(z, alike).map(summarise), { rules }),
  ],
  [
    'xbar_s',
    'independent values, samples of 5',
    1 / 200,
    (z) => subgroupChart('xbar_s', sitesOfWafers(z, alike).map(summarise), { rules }),
  ],
  ['ewma', 'independent values', 1 / 100, (z) => ewmaChart(values(z), { lambda: 0.2, l: 3 }, { rules })],
  [
    'p',
    'lots of 25,000 independent dice',
    1 / 200,
    (z) => countChart('p', lotsOfDice(z, { ...dice, spread: 0 }), { rules }),
  ],
  ['p', 'lots of 25,000 correlated dice (sd 1 % about 5 %)', 1, (z) => countChart('p', lotsOfDice(z, dice), { rules })],
  ['p_prime', 'the same', 1 / 200, (z) => countChart('p_prime', lotsOfDice(z, dice), { rules })],
  ['u', 'defects of 25 wafers, clustered by lot', 1, (z) => countChart('u', defects(z), { rules })],
  ['u_prime', 'the same', 1 / 200, (z) => countChart('u_prime', defects(z), { rules })],
  [
    'xbar_r',
    '9 sites a wafer, sd 1 between wafers, 0.3 within',
    1,
    (z) => subgroupChart('xbar_r', sitesOfWafers(z, sites).map(summarise), { rules }),
  ],
  ['between_within', 'the same', 1 / 200, (z) => betweenWithinChart(sitesOfWafers(z, sites).map(summarise), { rules })],
];

const FAMILIES = 200;
const TOOLS = 20;

/** Equal tools, ten lots of 5,000 dice each, lots with a standard deviation of 1 % about 95 %. */
function families(accuses: (samples: ToolSample[]) => number): { share: number; tools: number } {
  const z = normal(20_261_127);
  let [accusing, accused] = [0, 0];
  for (let family = 0; family < FAMILIES; family++) {
    const found = accuses(equalTools(z));
    accusing += found > 0 ? 1 : 0;
    accused += found;
  }
  return { share: accusing / FAMILIES, tools: accused / FAMILIES };
}

const equalTools = (z: () => number): ToolSample[] =>
  Array.from({ length: TOOLS }, (_, tool) =>
    lotsOfDice(z, { lots: 10, dice: 5_000, rate: 0.05, spread: 0.01 }).map(({ count, size }) => ({
      tool: `T${tool}`,
      stratum: '',
      units: size,
      passed: size - count,
    })),
  ).flat();

const byLot = (samples: ToolSample[]): number =>
  holm(compareTools(samples).tools.map(({ p }) => p ?? 1)).filter((p) => p < 0.05).length;

/** As if the dice were independent: Fisher or chi-square of one tool against all others. */
function byDie(samples: ToolSample[]): number {
  const sums = new Map<string, { units: number; passed: number }>();
  for (const { tool, units, passed } of samples) {
    const sum = sums.get(tool) ?? { units: 0, passed: 0 };
    sums.set(tool, { units: sum.units + units, passed: sum.passed + passed });
  }
  const all = { units: 0, passed: 0 };
  for (const { units, passed } of sums.values()) {
    all.units += units;
    all.passed += passed;
  }
  const ps = [...sums.values()].map(({ units, passed }) =>
    equalProportionsP({
      failed: units - passed,
      passed,
      othersFailed: all.units - all.passed - (units - passed),
      othersPassed: all.passed - passed,
    }),
  );
  return holm(ps).filter((p) => p < 0.05).length;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

describe('false alarms', () => {
  const rates = CHARTS.map(([name, process, most, chart]) => ({ name, process, most, rate: alarmRate(chart) }));

  it.each(rates)('of $name on $process', ({ most, rate }) => {
    expect(rate).toBeLessThanOrEqual(most);
    // A chart that never alarms would pass as well.
    expect(rate).toBeGreaterThan(0);
  });

  it('of classical limits on lots and wafers are most of the points: the processes are those that they fail on', () => {
    for (const { rate } of rates.filter(({ most }) => most === 1)) {
      expect(rate).toBeGreaterThan(0.4);
    }
  });

  it('of CUSUM come once in some hundred points', () => {
    const z = normal(20_261_128);
    let started = 0;
    for (let run = 0; run < RUNS; run++) {
      const { violations } = cusumChart(values(z), { k: 0.5, h: 5 }, { rules }).location;
      started += violations.filter(({ index }, i) => index !== (violations[i - 1]?.index ?? -2) + 1).length;
    }
    expect(started / (RUNS * SAMPLES)).toBeLessThan(1 / 200);
  });

  it('of twenty equal tools flag one in at most one of twenty families, and intervals of yield cover 95 %', () => {
    const ofLots = families(byLot);
    const ofDice = families(byDie);
    expect(ofLots.share).toBeLessThanOrEqual(1 / 20);
    expect(ofDice.share).toBeGreaterThan(0.9);
    const z = normal(20_261_129);
    let [covered, covered1, tools] = [0, 0, 0];
    for (let family = 0; family < 40; family++) {
      const samples = equalTools(z);
      const weight = 1 / (compareTools(samples).dispersion ?? 1);
      for (let tool = 0; tool < TOOLS; tool++) {
        const own = samples.filter((sample) => sample.tool === `T${tool}`);
        const [passed, units] = [own.reduce((s, x) => s + x.passed, 0), own.reduce((s, x) => s + x.units, 0)];
        const covers = (w: number): number => {
          const interval = wilsonInterval(passed * w, units * w)!;
          return interval.lower <= 0.95 && 0.95 <= interval.upper ? 1 : 0;
        };
        covered += covers(weight);
        covered1 += covers(1);
        tools++;
      }
    }
    expect(covered / tools).toBeGreaterThan(0.92);
    expect(covered1 / tools).toBeLessThan(0.6);

    const rows = [
      '| default | stable process | alarms |',
      '|---|---|---|',
      ...rates.map(({ name, process, rate }) => `| chart \`${name}\` | ${process} | ${percent(rate)} of the points |`),
      `| comparison by lot | 20 equal tools, 10 lots of 5,000 dice each | ${percent(ofLots.share)} of the families flag a tool |`,
      `| comparison by die (not offered) | the same | ${percent(ofDice.share)} of the families, ${ofDice.tools.toFixed(1)} tools each |`,
      `| interval of yield, with units / dispersion | the same | covers the true yield of ${percent(covered / tools)} of the tools |`,
      `| interval of yield, of dice as if independent (not offered) | the same | ${percent(covered1 / tools)} |`,
    ].join('\n');
    const page = readFileSync(PAGE, 'utf8');
    const [before, after] = [page.slice(0, page.indexOf(BEGIN) + BEGIN.length), page.slice(page.indexOf(END))];
    const expected = `${before}\n\n${rows}\n\n${after}`;
    if (process.env['UPDATE_DOCS']) {
      writeFileSync(PAGE, expected);
    }
    expect(readFileSync(PAGE, 'utf8')).toBe(expected);
  });
});
