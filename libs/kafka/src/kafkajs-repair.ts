import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The parts of kafkajs's request queue that its repair touches. */
interface RequestQueue {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  checkPendingRequests(): void;
}

/** kafkajs's own pause before it looks at requests that wait for a free place, in ms. */
const CHECK_PENDING_MS = 10;

/**
 * kafkajs sets a timer after every response, also when no request waits, with a delay that lies in the past: Node 24
 * prints `TimeoutNegativeWarning` for it (kafkajs issue 1751, its fix was never released). The repaired method sets a
 * timer only when there is something to wait for, and never a negative one.
 */
function repairRequestQueue(): void {
  const Queue = require('kafkajs/src/network/requestQueue') as {
    prototype: RequestQueue & { scheduleCheckPendingRequests(): void };
  };
  Queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
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

interface DecodedHeader {
  readonly key: string;
  readonly value: Buffer | null;
}
type Headers = Record<string, Buffer | null | (Buffer | null)[]>;

/** Up to here kafkajs's own way is quicker than ours. */
const FEW_HEADERS = 8;

/**
 * kafkajs gathers the headers of a record by copying the object once per header. A megabyte of tiny headers, which any
 * machine may send, then takes minutes of blocked event loop, and takes them again at each restart: one record would
 * stop its partition for good. The decoder's array method serves this one purpose; its result reduces in linear time.
 */
function repairHeaders(): void {
  const Decoder = require('kafkajs/src/protocol/decoder') as {
    prototype: { readVarIntArray(read: unknown): DecodedHeader[] };
  };
  const { readVarIntArray } = Decoder.prototype;
  Decoder.prototype.readVarIntArray = function (this: unknown, read: unknown): DecodedHeader[] {
    const headers = readVarIntArray.call(this as never, read);
    if (headers.length <= FEW_HEADERS) return headers;
    return Object.assign(headers, { reduce: () => gather(headers) });
  };
}

function gather(headers: readonly DecodedHeader[]): Headers {
  const gathered = Object.create(null) as Headers;
  for (const { key, value } of headers) {
    const earlier = gathered[key];
    if (earlier === undefined) gathered[key] = value;
    else if (Array.isArray(earlier)) earlier.push(value);
    else gathered[key] = [earlier, value];
  }
  return gathered;
}

repairRequestQueue();
repairHeaders();
