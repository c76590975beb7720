import type { PartitionState } from '@chip/contracts';
import type { RecordBatch } from '@chip/kafka';
import type { Logger } from '@chip/service';
import type { PartitionStatus } from './partition-status.ts';

/** Pauses of a stopped partition that retries automatically. */
const RETRY_MS = { first: 2_000, max: 60_000 };

/** Stops a partition for a stated reason, and knows when it retries. */
export class PartitionStops {
  readonly #status: PartitionStatus;
  readonly #logger: Logger;
  /** When a stopped partition retries, and how many retries in a row it has made. */
  #retryAt: number | undefined;
  #retries = 0;

  constructor(status: PartitionStatus, logger: Logger) {
    this.#status = status;
    this.#logger = logger;
  }

  /** Whether a stopped partition retries now. */
  get isRetryDue(): boolean {
    return this.#retryAt !== undefined && performance.now() >= this.#retryAt;
  }

  /**
   * Stops until an operator, or a newer version of this service, has dealt with the reason. With `retries` it also
   * retries, after growing pauses.
   */
  async stop(batch: RecordBatch, state: PartitionState, reason: string, retries = false): Promise<void> {
    if (retries) {
      this.#retryAt = performance.now() + Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** Math.min(this.#retries++, 10));
    }
    this.#logger.error({ state, reason }, 'partition_stopped');
    await this.#status.showStored(state, reason);
    if (batch.signal.aborted) {
      return;
    }
    batch.pause(`${state}: ${reason}`);
  }

  /** The partition tries now, or is given up: no retry is due. */
  cancelRetry(): void {
    this.#retryAt = undefined;
  }

  /** The reason is gone: the next pause is short again. */
  forgetRetries(): void {
    this.#retries = 0;
  }
}
