/** Puts series with samples at different times on one axis. */
import { type TelemetrySeries } from '@chip/client';

type Point = TelemetrySeries['points'][number];

const secondsOf = ({ time }: Point): number => Date.parse(time) / 1000;

/** Every time at which any series has a point, in order; s since 1970. */
export const timesOf = (all: readonly Pick<TelemetrySeries, 'points'>[]): number[] =>
  [...new Set(all.flatMap(({ points }) => points.map(secondsOf)))].sort((a, b) => a - b);

/** Distances that still belong to one line, in buckets and in the shortest distance of the series. */
const BUCKETS_APART = 3;
const SAMPLES_APART = 8;

/**
 * One value for each time: undefined where only other series have a point, which a line passes over, and null where the
 * series itself is silent for long, which interrupts the line.
 */
export function alignedTo(
  times: readonly number[],
  points: readonly Point[],
  pick: (point: Point) => number,
  bucketSeconds: number,
): (number | null | undefined)[] {
  const own = points.map((point) => [secondsOf(point), pick(point)] as const);
  const shortest = own.reduce(
    (least, [at], index) => Math.min(least, index === 0 ? Infinity : at - (own[index - 1]?.[0] ?? at)),
    Infinity,
  );
  const silence = Math.max(BUCKETS_APART * bucketSeconds, Number.isFinite(shortest) ? SAMPLES_APART * shortest : 0);
  let next = 0;
  return times.map((at) => {
    const [time, value] = own[next] ?? [];
    if (time === at) {
      next++;
      return value;
    }
    const before = own[next - 1]?.[0];
    return before === undefined || time === undefined || time - before > silence ? null : undefined;
  });
}
