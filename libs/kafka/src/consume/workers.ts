/** Runs the handlers of one consumer outside the client's fetch loop: one per partition, a bounded number at a time. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Work {
  readonly partition: number;
  /** What the batch holds in memory. */
  readonly bytes: number;
  /** Work still waiting when this is aborted never begins. */
  readonly signal: AbortSignal;
  /** Never rejects. Calls `progress` when it makes progress. */
  readonly run: (progress: () => void) => Promise<void>;
}

/**
 * A handler without progress for this long yields its place and goes on: partitions that cannot finish never fill all
 * places.
 */
const PLACE_MS = 5_000;

/**
 * A partition has at most one worker, even across assignments: the caller must wait until {@link isBusy} is false
 * before it gives a partition more work. At most `concurrency` workers run at a time; the others wait in order of
 * arrival. A worker keeps its place until it ends, is aborted, or has made no progress for `PLACE_MS`.
 */
export class Workers {
  readonly #concurrency: number;
  readonly #onEnd: (partition: number) => void;
  readonly #working = new Map<number, { readonly bytes: number; readonly ended: Promise<void>; isSlow: boolean }>();
  readonly #waiting: (() => void)[] = [];
  #places = 0;
  #change = Promise.withResolvers<void>();

  constructor(concurrency: number, onEnd: (partition: number) => void) {
    this.#concurrency = concurrency;
    this.#onEnd = onEnd;
  }

  isBusy(partition: number): boolean {
    return this.#working.has(partition);
  }

  get size(): number {
    return this.#working.size;
  }

  /** Bytes of all batches that wait or run. */
  get bytes(): number {
    return [...this.#working.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The same without batches that have yielded their place and may never end. */
  get movingBytes(): number {
    return [...this.#working.values()].reduce((sum, { bytes, isSlow }) => sum + (isSlow ? 0 : bytes), 0);
  }

  /** Resolves as soon as {@link bytes} or {@link movingBytes} may be less, or work is aborted; after `maxMs` anyway. */
  async change(maxMs: number): Promise<void> {
    const end = new AbortController();
    const patience = sleep(maxMs, undefined, { signal: end.signal }).catch(() => undefined);
    await Promise.race([this.#change.promise, patience]);
    end.abort();
  }

  /** Resolves when all current work has ended. */
  async ended(): Promise<void> {
    await Promise.all([...this.#working.values()].map(({ ended }) => ended));
  }

  start(work: Work): void {
    if (this.isBusy(work.partition)) {
      throw new Error(`two batches of partition ${work.partition} at the same time`);
    }
    const entry = {
      bytes: work.bytes,
      isSlow: false,
      ended: Promise.resolve().then(async () => {
        await this.#run(work, entry);
        this.#working.delete(work.partition);
        this.#onEnd(work.partition);
        this.#changed();
      }),
    };
    this.#working.set(work.partition, entry);
  }

  async #run({ signal, run }: Work, entry: { isSlow: boolean }): Promise<void> {
    let hasPlace = await this.#place(signal);
    const giveUp = (): void => {
      entry.isSlow = true;
      if (hasPlace) {
        hasPlace = false;
        this.#passOn();
      }
      this.#changed();
    };
    const patience = setTimeout(giveUp, PLACE_MS);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (!signal.aborted) {
        await run(() => patience.refresh());
      }
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', giveUp);
      giveUp();
    }
  }

  /** Waits for a place and takes it. @returns false when an abort ended the wait */
  async #place(signal: AbortSignal): Promise<boolean> {
    if (this.#places < this.#concurrency) {
      this.#places++;
      return true;
    }
    return new Promise((resolve) => {
      const take = (): void => {
        signal.removeEventListener('abort', abandon);
        resolve(true);
      };
      const abandon = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        resolve(false);
      };
      signal.addEventListener('abort', abandon, { once: true });
      this.#waiting.push(take);
    });
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#places--;
    } else {
      next();
    }
  }
}
