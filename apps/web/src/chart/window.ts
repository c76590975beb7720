/** Which range of completion the samples of a chart come from, where a request needs its ends. */

interface Extent {
  readonly first_at: string;
  readonly last_at: string;
}

/** The first ms after the latest value of these samples, which need not belong to the last one: samples overlap in time. */
const endOf = (samples: readonly Extent[]): number =>
  samples.reduce((latest, { last_at }) => Math.max(latest, Date.parse(last_at)), -Infinity) + 1;

/**
 * The first ms after the samples up to the one with index `last`. Excludes values of later samples, as far as that loses
 * none of this last one.
 */
export function endOfBaseline(samples: readonly Extent[], last: number): number {
  const end = endOf(samples.slice(0, last + 1));
  const [own, next] = [samples[last], samples[last + 1]];
  return own === undefined || next === undefined
    ? end
    : Math.max(Date.parse(own.last_at) + 1, Math.min(end, Date.parse(next.first_at)));
}

const HOUR_MS = 3_600_000;
const timeOf = (ms: number): string => new Date(ms).toISOString();

/**
 * The range of all of the samples, for a chart of everything since `since`. It ends at a whole hour, so that the next
 * sample does not change the question.
 */
export function windowOf(
  samples: readonly Extent[],
  since: string | undefined,
): { readonly from: string; readonly to: string } | undefined {
  const [first] = samples;
  return (
    first && {
      from: since ?? timeOf(Math.floor(Date.parse(first.first_at) / HOUR_MS) * HOUR_MS),
      to: timeOf(Math.ceil(endOf(samples) / HOUR_MS) * HOUR_MS),
    }
  );
}
