/** What measured values amount to, and how they are written. */

export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = Math.floor(ascending.length / 2);
  const upper = ascending[middle] as number;
  return ascending.length % 2 === 1 ? upper : ((ascending[middle - 1] as number) + upper) / 2;
}

/** Nearest rank. */
export function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] as number;
}

/** Times of answers or of waiting, ms. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export function latenciesOf(times: readonly number[]): Latencies {
  const ascending = times.toSorted((a, b) => a - b);
  return { p50: quantile(ascending, 0.5), p99: quantile(ascending, 0.99), most: quantile(ascending, 1) };
}

export type Text = (value: number) => string;
export const whole: Text = (value) => Math.round(value).toLocaleString('en-US');
export const fixed =
  (digits: number): Text =>
  (value) =>
    value.toFixed(digits);

/** The median, with the extremes if there are several values; a dash if nothing could be measured. */
export function spread(values: readonly (number | null)[], text: Text): string {
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) {
    return '-';
  }
  const middle = text(median(measured));
  return measured.length === 1
    ? middle
    : `${middle} (${text(Math.min(...measured))} to ${text(Math.max(...measured))})`;
}

/** A value that is asked for at most so much, or at least so much, says so when it is not reached. */
export const missed = (value: string, isMissed: boolean): string => (isMissed ? `${value} (missed)` : value);
