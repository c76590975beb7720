import { chiSquareUpperTail, normalTwoTails } from '../numbers/distributions.ts';

/** Result of one tool on one lot (or wafer), the smallest unit whose yields are independent of one another. */
export interface ToolSample {
  readonly tool: string;
  /** Product and the like. Tools are compared within a stratum only, so that a tool is not blamed for a hard product. */
  readonly stratum: string;
  readonly units: number;
  readonly passed: number;
  /** How many such lots (or wafers) there are; default 1. A year of small lots has few different ones. */
  readonly times?: number;
}

export interface ToolVerdict {
  readonly tool: string;
  /** Samples in strata that other tools share. */
  readonly samples: number;
  /** Above 0: the tool fails more than the others in its strata. */
  readonly z: number;
  /** Two-sided; null with fewer than three samples of its own or of others. */
  readonly p: number | null;
}

export interface ToolComparison {
  readonly tools: ToolVerdict[];
  /** Kruskal-Wallis, summed over strata, for tools with three samples or more; null where none can be compared. */
  readonly p: number | null;
  /**
   * Spread of samples within tool and stratum, relative to that of independent units (Pearson chi-square / degrees of
   * freedom); at least 1, null where no tool has two samples.
   */
  readonly dispersion: number | null;
}

/** Fewer samples than this say nothing about a tool. */
export const LEAST_SAMPLES = 3;

/** Samples of one tool that share a rank. */
interface Ranked {
  readonly tool: string;
  readonly rank: number;
  readonly times: number;
}

/** Sum over samples, each as often as there are such samples. */
const sumOf = <Sample extends { readonly times?: number }>(
  samples: readonly Sample[],
  value: (sample: Sample) => number = () => 1,
): number => samples.reduce((sum, sample) => sum + (sample.times ?? 1) * value(sample), 0);

/**
 * Compares tools by the fail fractions of their samples. Each tool against all others: van Elteren's stratified rank sum test
 * (Wilcoxon, Mann and Whitney within a single stratum), normal approximation corrected for ties and continuity.
 * Source: van Elteren, Bulletin of the International Statistical Institute 37 (1960), 351-361; Lehmann, Nonparametrics, 3.3;
 * Kruskal and Wallis, Journal of the American Statistical Association 47 (1952), 583-621.
 */
export function compareTools(samples: readonly ToolSample[]): ToolComparison {
  const counted = samples.filter(({ units }) => units > 0);
  const strata = [...groupBy(counted, ({ stratum }) => stratum).values()].map(rank);
  const tools = [...new Set(counted.map(({ tool }) => tool))];
  const sums = new Map(tools.map((tool) => [tool, { samples: 0, others: 0, excess: 0, variance: 0, step: Infinity }]));
  for (const ranked of strata) {
    const n = sumOf(ranked);
    // Without ties this is n (n + 1) / 12 for each pair of tool and others.
    const perPair = sumOf(ranked, ({ rank: r }) => (r - (n + 1) / 2) ** 2) / (n * (n - 1));
    for (const [tool, own] of groupBy(ranked, (sample) => sample.tool)) {
      const owned = sumOf(own);
      const others = n - owned;
      const sum = sums.get(tool);
      if (others === 0 || sum === undefined) {
        continue;
      }
      const weight = 1 / (n + 1);
      sum.samples += owned;
      sum.others += others;
      sum.excess += weight * (sumOf(own, ({ rank: r }) => r) - (owned * (n + 1)) / 2);
      sum.variance += weight ** 2 * owned * others * perPair;
      sum.step = Math.min(sum.step, weight / 2);
    }
  }
  return {
    tools: tools.map((tool) => {
      const {
        samples: own,
        others,
        excess,
        variance,
        step,
      } = sums.get(tool) as NonNullable<ReturnType<typeof sums.get>>;
      const z = variance === 0 ? 0 : (Math.sign(excess) * Math.max(0, Math.abs(excess) - step)) / Math.sqrt(variance);
      return { tool, samples: own, z, p: own < LEAST_SAMPLES || others < LEAST_SAMPLES ? null : normalTwoTails(z) };
    }),
    p: kruskalWallis(strata),
    dispersion: dispersionOf(counted),
  };
}

/** Ranks of the fail fractions; equal ones share their mean rank. */
function rank(samples: readonly ToolSample[]): Ranked[] {
  const sorted = samples
    .map(({ tool, units, passed, times = 1 }) => ({ tool, times, failed: (units - passed) / units }))
    .sort((a, b) => a.failed - b.failed);
  const ranked: Ranked[] = [];
  let before = 0;
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (end < sorted.length && sorted[end]?.failed === sorted[i]?.failed) {
      end++;
    }
    const count = sumOf(sorted.slice(i, end));
    const shared = before + (count + 1) / 2;
    for (; i < end; i++) {
      const { tool, times } = sorted[i] as (typeof sorted)[number];
      ranked.push({ tool, times, rank: shared });
    }
    before += count;
  }
  return ranked;
}

function kruskalWallis(strata: readonly (readonly Ranked[])[]): number | null {
  let statistic = 0;
  let freedom = 0;
  for (const all of strata) {
    const large = [...groupBy(all, ({ tool }) => tool).values()].filter((own) => sumOf(own) >= LEAST_SAMPLES);
    if (large.length < 2) {
      continue;
    }
    const values = large.flat();
    const n = sumOf(values);
    const centre = sumOf(values, ({ rank: r }) => r) / n;
    const total = sumOf(values, ({ rank: r }) => (r - centre) ** 2);
    if (total === 0) {
      continue;
    }
    const between = large.reduce(
      (sum, own) => sum + sumOf(own) * (sumOf(own, ({ rank: r }) => r) / sumOf(own) - centre) ** 2,
      0,
    );
    statistic += ((n - 1) * between) / total;
    freedom += large.length - 1;
  }
  return freedom === 0 ? null : chiSquareUpperTail(statistic, freedom);
}

function dispersionOf(samples: readonly ToolSample[]): number | null {
  let statistic = 0;
  let freedom = 0;
  let comparable = 0;
  for (const cell of groupBy(samples, ({ tool, stratum }) => JSON.stringify([tool, stratum])).values()) {
    const p = sumOf(cell, ({ passed }) => passed) / sumOf(cell, ({ units }) => units);
    comparable += sumOf(cell) - 1;
    // Samples without a failure, or of nothing else, have no variance to compare with: they would only dilute the rest.
    if (p > 0 && p < 1) {
      freedom += sumOf(cell) - 1;
      statistic += sumOf(cell, ({ units, passed }) => (passed - units * p) ** 2 / (units * p * (1 - p)));
    }
  }
  return comparable === 0 ? null : freedom === 0 ? 1 : Math.max(1, statistic / freedom);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) {
      group.push(item);
    } else {
      groups.set(key, [item]);
    }
  }
  return groups;
}
