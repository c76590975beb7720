import type { ClockRefusal, Refusal } from '@chip/contracts';

/** Clocks of maintained servers agree within this. */
export const CLOCK_TOLERANCE_MS = 60_000;

/** Elements are counted over this time, in slices of it. */
const WINDOW_MS = 5 * 60_000;
const SLICE_MS = 15_000;
/** Fewer say nothing: in a quiet partition one bad event is all there is. */
const MIN_ELEMENTS = 100;
const MAX_SHARE = 0.9;
/** Machines with wrong clocks of their own are not wrong alike; this many that agree prove the broker wrong. */
const MIN_SOURCES = 3;
const MAX_SPREAD_MS = 5 * 60_000;

interface Slice {
  readonly from: number;
  accepted: number;
  refused: number;
  ahead: number;
  leastAheadMs: number;
  mostAheadMs: number;
  readonly sources: Set<string>;
}

/** What is known about the clock of the broker that leads a partition. */
type BrokerClock = 'unknown' | 'right' | 'behind';

/** Why a partition should stop, and by how much the broker's clock seems to be behind. */
export interface BrakeVerdict {
  readonly reason: string;
  readonly behindMs: number;
}

/**
 * Watches the refusals of one partition, and reports when they say more about the broker than about the machines: event
 * times ahead of a broker's clock that is behind. All other refusals become dead letters, however many: one vendor's
 * mistake must not stop a partition that others share.
 *
 * There are two witnesses of the broker's clock. At the end of a partition a record was appended after the previous
 * fetch, so our own clock says what its append time should be. Further back only the machines speak: if nearly
 * everything from at least three machines is ahead by the same time, the broker is wrong.
 */
export class RefusalBrake {
  readonly #slices: Slice[] = [];
  #clock: BrokerClock = 'unknown';

  /**
   * Starts a batch.
   *
   * @param firstAppendMs append time of its first record; null without records
   * @param endSeenAtMs when the previous batch reached the end of the partition, by our clock; null if it did not
   */
  beginBatch(firstAppendMs: number | null, endSeenAtMs: number | null, nowMs = Date.now()): void {
    if (firstAppendMs === null) {
      return;
    }
    if (endSeenAtMs === null) {
      this.#clock = 'unknown';
    } else if (firstAppendMs < endSeenAtMs - CLOCK_TOLERANCE_MS) {
      this.#clock = 'behind';
    } else {
      this.#clock = firstAppendMs > nowMs + CLOCK_TOLERANCE_MS ? 'unknown' : 'right';
    }
  }

  accept(elements: number, now = performance.now()): void {
    this.#slice(now).accepted += elements;
  }

  refuse(refusal: Refusal, now = performance.now()): void {
    const slice = this.#slice(now);
    slice.refused++;
    const { aheadMs, source } = refusal as Partial<ClockRefusal>;
    if (refusal.code === 'time_out_of_range' && aheadMs !== undefined && aheadMs > 0) {
      slice.ahead++;
      slice.leastAheadMs = Math.min(slice.leastAheadMs, aheadMs);
      slice.mostAheadMs = Math.max(slice.mostAheadMs, aheadMs);
      if (slice.sources.size < MIN_SOURCES) {
        slice.sources.add(source ?? '');
      }
    }
  }

  /** Null while the partition may go on. */
  verdict(): BrakeVerdict | null {
    if (this.#clock === 'right') {
      return null;
    }
    let elements = 0;
    let ahead = 0;
    let least = Infinity;
    let most = -Infinity;
    const sources = new Set<string>();
    for (const slice of this.#slices) {
      elements += slice.accepted + slice.refused;
      ahead += slice.ahead;
      least = Math.min(least, slice.leastAheadMs);
      most = Math.max(most, slice.mostAheadMs);
      for (const source of slice.sources) {
        sources.add(source);
      }
    }
    if (elements < MIN_ELEMENTS || ahead < elements * MAX_SHARE) {
      return null;
    }
    const isByOneShift = sources.size >= MIN_SOURCES && most - least <= MAX_SPREAD_MS;
    if (this.#clock === 'unknown' && !isByOneShift) {
      return null;
    }
    const witness =
      this.#clock === 'behind'
        ? 'records just appended have an append time in the past of this process'
        : `${sources.size} machines or more are ahead alike`;
    return {
      behindMs: Math.round(least),
      reason: `${ahead} of the last ${elements} elements are ahead of the broker's clock, by ${seconds(least)} to ${seconds(most)} s, and ${witness}: the broker's clock is behind`,
    };
  }

  /** Forgets the counts: a person has decided, or the partition belongs to another assignment. */
  clear(): void {
    this.#slices.length = 0;
    this.#clock = 'unknown';
  }

  #slice(now: number): Slice {
    const last = this.#slices.at(-1);
    if (last !== undefined && now - last.from < SLICE_MS) {
      return last;
    }
    while (this.#slices.length > 0 && now - this.#slices[0]!.from > WINDOW_MS) {
      this.#slices.shift();
    }
    const slice: Slice = {
      from: now,
      accepted: 0,
      refused: 0,
      ahead: 0,
      leastAheadMs: Infinity,
      mostAheadMs: -Infinity,
      sources: new Set(),
    };
    this.#slices.push(slice);
    return slice;
  }
}

const seconds = (ms: number): number => Math.round(ms / 1000);
