/** Keeps kafkajs's request queue from setting timers in the past, and from waking the process ten times a second. */
// @ts-expect-error kafkajs has no types for what is inside it
import queue from 'kafkajs/src/network/requestQueue/index.js';

/** The parts of kafkajs's request queue that the fix touches. */
interface RequestQueue {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  checkPendingRequests(): void;
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  requestTimeoutIntervalId: NodeJS.Timeout | null;
  readonly inflight: ReadonlyMap<number, SentRequest>;
  isConnected(): boolean;
  /** Ends the look at unanswered requests. */
  destroy(): void;
}

interface SentRequest {
  readonly sentAt: number;
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

/** kafkajs's own pause before it checks requests that wait for a free place, in ms. */
const CHECK_PENDING_MS = 10;

/** How often requests without an answer are looked at, in ms; each may take seconds (`requestTimeout` in client.ts). */
const CHECK_UNANSWERED_MS = 1_000;

/**
 * kafkajs sets a timer after every response, even when no request waits, with a negative delay: Node 24 prints
 * `TimeoutNegativeWarning` for it (kafkajs issue 1751, its fix was never released). The fixed method sets a timer only
 * when there is something to wait for, and never a negative one.
 *
 * It also looks at unanswered requests every 100 ms, for each connection: two thirds of what an idle ingest computed.
 */
export function repairRequestQueue(): void {
  const Queue = queue as {
    prototype: RequestQueue & { scheduleCheckPendingRequests(): void; scheduleRequestTimeoutCheck(): void };
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
  Queue.prototype.scheduleRequestTimeoutCheck = function (this: RequestQueue): void {
    if (!this.enforceRequestTimeout) {
      return;
    }
    this.destroy();
    this.requestTimeoutIntervalId = setInterval(
      () => {
        for (const request of this.inflight.values()) {
          if (Date.now() - request.sentAt > request.requestTimeout) {
            request.timeoutRequest();
          }
        }
        if (!this.isConnected()) {
          this.destroy();
        }
      },
      Math.min(this.requestTimeout, CHECK_UNANSWERED_MS),
    );
  };
}
