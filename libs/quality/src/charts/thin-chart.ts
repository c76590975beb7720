import { type ChartPanel, type ChartPoint, type ControlChart } from './chart.ts';

/**
 * Indices of the points of a panel that a drawing of `max` points needs: every violation, the first and the last point, and of
 * equal stretches in between the least and the greatest point, so that no excursion disappears.
 *
 * @returns at most `max` indices, unless more than half as many points violate rules
 */
function keptOfPanel({ points, violations }: ChartPanel, max: number): Set<number> {
  if (points.length <= max) {
    return new Set(points.map(({ index }) => index));
  }
  const kept = new Set(violations.map(({ index }) => index));
  for (const end of [points[0], points.at(-1)]) {
    if (end) {
      kept.add(end.index);
    }
  }
  // A point of CUSUM has two sums, and each may be extreme. They begin at zero, so only their greatest values matter.
  const isTwoSided = points.some(({ high }) => high !== undefined);
  const sums = isTwoSided ? [(p: ChartPoint) => p.high ?? 0, (p: ChartPoint) => p.low ?? 0] : [];
  // At least half of the places, however many points violate rules: violations alone would look like the whole process.
  const stretches = Math.floor(Math.max(max - kept.size, max / 2) / (2 + sums.length));
  for (let i = 0; i < stretches; i++) {
    const stretch = points.slice(
      Math.floor((i * points.length) / stretches),
      Math.floor(((i + 1) * points.length) / stretches),
    );
    const ofSums = sums.map((sum) => extremes(stretch, sum)[1]);
    for (const point of [...extremes(stretch, ({ value }) => value), ...ofSums]) {
      if (point) {
        kept.add(point.index);
      }
    }
  }
  return kept;
}

function extremes(
  points: readonly ChartPoint[],
  of: (point: ChartPoint) => number,
): [ChartPoint | undefined, ChartPoint | undefined] {
  let [least] = points;
  let greatest = least;
  for (const point of points) {
    if (least && of(point) < of(least)) {
      least = point;
    }
    if (greatest && of(point) > of(greatest)) {
      greatest = point;
    }
  }
  return [least, greatest];
}

const PANELS = ['location', 'dispersion', 'within'] as const;

/**
 * The chart with about `max` points per panel, and the indices that any panel keeps. Limits, violations and indices stay those of
 * the whole chart.
 */
export function thinChart<Chart extends ControlChart>(
  chart: Chart,
  max: number,
): { readonly chart: Chart; readonly kept: ReadonlySet<number> } {
  const kept = new Set<number>();
  const thinned: Partial<Record<(typeof PANELS)[number], ChartPanel>> = {};
  for (const name of PANELS) {
    const panel = chart[name];
    if (panel !== undefined) {
      const own = keptOfPanel(panel, max);
      own.forEach((index) => kept.add(index));
      thinned[name] = { ...panel, points: panel.points.filter(({ index }) => own.has(index)) };
    }
  }
  return { chart: { ...chart, ...thinned }, kept };
}
