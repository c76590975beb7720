/** Whether what a long run measures stays where it is. */

/** Measures of one interval, each the greatest or the last of it. */
export interface Sample {
  /** Seconds since the run began. */
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
}

/** How far a measure may rise: `factor` times the early level and `slack` more. */
interface Limit {
  readonly factor: number;
  readonly slack: number;
}

export const LIMITS: Readonly<Record<string, Limit>> = {
  'lag, s': { factor: 2, slack: 10 },
  'p50, ms': { factor: 2, slack: 50 },
  'p95, ms': { factor: 2, slack: 200 },
  'p99, ms': { factor: 2, slack: 500 },
  'failed requests': { factor: 1, slack: 0 },
  'resident, MB': { factor: 1.25, slack: 64 },
  'dead rows': { factor: 2, slack: 50_000 },
  'unfolded deltas': { factor: 2, slack: 20_000 },
  chunks: { factor: 1.5, slack: 4 },
};

/** Of caches that fill, connections that open, a heap that finds its size. */
const WARM_UP = 0.25;
/** Fewer show noise, not a trend. */
const FEWEST = 8;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/**
 * Compares the last third with the first third after the warm-up, by their medians: one slow interval is no trend.
 *
 * @param exempt measures that are meant to grow in this run
 * @returns a sentence for each measure that rises; null when there are too few samples to tell
 */
export function rising(samples: readonly Sample[], exempt: readonly string[] = []): string[] | null {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP));
  if (samples.length < FEWEST) {
    return null;
  }
  const third = Math.ceil(settled.length / 3);
  return Object.entries(LIMITS)
    .filter(([name]) => !exempt.includes(name))
    .flatMap(([name, { factor, slack }]) => {
      const of = (part: readonly Sample[]): number => median(part.map(({ values }) => values[name] ?? NaN));
      const [early, late] = [of(settled.slice(0, third)), of(settled.slice(-third))];
      // A measure that is missing is no measure that is good.
      return late <= early * factor + slack
        ? []
        : [`${name} rises: ${early.toFixed(1)} early, ${late.toFixed(1)} late`];
    });
}

/** @returns the value below which the share of the values lies; NaN without any */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** One line per interval. */
export function formatSamples(samples: readonly Sample[]): string {
  const names = Object.keys(LIMITS);
  const rows = [
    ['minute', ...names],
    ...samples.map(({ at, values }) => [
      (at / 60).toFixed(1),
      ...names.map((name) => (values[name] ?? NaN).toLocaleString('en', { maximumFractionDigits: 1 })),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  ')).join('\n');
}
