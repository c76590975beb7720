/** The time that the view shows: a range that ends now, or what the user zoomed to. */
import { type Parameters } from '../../api/ask.ts';
import { useAddress } from '../../shared/location.ts';
import { useRange } from '../../shared/range.tsx';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether the user zoomed. */
  readonly isZoomed: boolean;
}

const HOUR_MS = 3_600_000;
const ALL_MS = 366 * 24 * HOUR_MS;
/** Less than this is between two samples. */
const LEAST_MS = 1_000;

const timeOf = (text: string | undefined): number | undefined => {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
};

/** Whole hours, so that the answers of an hour are answers to the same question. */
export function useSpan(): Span {
  const { query } = useAddress();
  const { from } = useRange('7d');
  const fromMs = timeOf(query['from']);
  const toMs = timeOf(query['to']);
  if (fromMs !== undefined && toMs !== undefined && toMs - fromMs >= LEAST_MS) {
    return { fromMs, toMs, isZoomed: true };
  }
  const nextHour = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;
  const since = timeOf(from) ?? nextHour - ALL_MS;
  return { fromMs: Math.floor(since / HOUR_MS) * HOUR_MS, toMs: nextHour, isZoomed: false };
}

/** What an address says of a span. */
export const parametersOf = (fromMs: number, toMs: number): Parameters => {
  const middle = (fromMs + toMs) / 2;
  const half = Math.max(LEAST_MS, toMs - fromMs) / 2;
  return { from: new Date(middle - half).toISOString(), to: new Date(middle + half).toISOString() };
};

/** The span after a zoom by a factor around its middle; below 1 it shows less. */
export function zoomed({ fromMs, toMs }: Span, factor: number): Parameters {
  const middle = (fromMs + toMs) / 2;
  const half = ((toMs - fromMs) / 2) * factor;
  return parametersOf(middle - half, middle + half);
}
