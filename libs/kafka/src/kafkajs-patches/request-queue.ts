/** Keeps kafkajs's request queue from setting timers in the past. */
// @ts-expect-error kafkajs has no types for what is inside it
import queue from 'kafkajs/src/network/requestQueue/index.js';

/** The parts of kafkajs's request queue that the fix touches. */
interface RequestQueue {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  checkPendingRequests(): void;
}

/** kafkajs's own pause before it checks requests that wait for a free place, in ms. */
const CHECK_PENDING_MS = 10;

/**
 * kafkajs sets a timer after every response, even when no request waits, with a negative delay: Node 24 prints
 * `TimeoutNegativeWarning` for it (kafkajs issue 1751, its fix was never released). The fixed method sets a timer only
 * when there is something to wait for, and never a negative one.
 */
export function repairRequestQueue(): void {
  const Queue = queue as {
    prototype: RequestQueue & { scheduleCheckPendingRequests(): void };
  };
  Queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) {
      return;
    }
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_PENDING_MS,
    );
  };
}
