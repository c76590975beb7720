import { retry, type AppError } from '@chip/service';
import type { EventCounts, MachineRecord } from './records.ts';

/** The part of a Kafka producer that the publisher uses. */
export interface RecordProducer {
  sendAll(topic: string, records: readonly { key: string | null; value: string }[]): Promise<void>;
}

/** Everything that the brokers have acknowledged. */
export type Totals = {
  -readonly [count in keyof EventCounts]: number;
} & {
  /** Records by topic. */
  readonly records: Record<string, number>;
  /** Records of requests that failed and were resent: the brokers may hold them twice. */
  repeatedRecords: number;
};

export interface PublisherOptions {
  /** How long one request may be retried, in ms. */
  readonly budgetMs: number;
  /** Ends the retries. */
  readonly signal: AbortSignal;
  /** Called when a request begins to fail, and again when it is finally acknowledged. */
  readonly onOutage?: (error: AppError) => void;
  readonly onRecovery?: (outageMs: number) => void;
}

/** Bounds one request, and thereby what is resent after a failure. */
const MAX_REQUEST_BYTES = 256 * 1024;

/**
 * Sends records and counts acknowledgements. Only one request is in flight and nothing is queued: the producer of
 * events waits, so a broker that is down costs no memory.
 */
export class Publisher {
  readonly totals: Totals = {
    samples: 0,
    inspections: 0,
    measurements: 0,
    defects: 0,
    records: {},
    repeatedRecords: 0,
  };
  readonly #producer: RecordProducer;
  readonly #options: PublisherOptions;

  constructor(producer: RecordProducer, options: PublisherOptions) {
    this.#producer = producer;
    this.#options = options;
  }

  /**
   * Resolves when all in-sync replicas have acknowledged all records.
   * @throws the signal's reason if it is aborted first; a KafkaError that is not worth retrying; DeadlineExceededError
   * when the budget is used up. `totals` holds what was acknowledged until then.
   */
  async publish(topic: string, records: readonly MachineRecord[]): Promise<void> {
    for (const request of requests(records)) {
      await this.#send(topic, request);
      const { totals } = this;
      totals.records[topic] = (totals.records[topic] ?? 0) + request.length;
      for (const { counts } of request) {
        totals.samples += counts.samples;
        totals.inspections += counts.inspections;
        totals.measurements += counts.measurements;
        totals.defects += counts.defects;
      }
    }
  }

  async #send(topic: string, request: readonly MachineRecord[]): Promise<void> {
    const { budgetMs, signal, onOutage, onRecovery } = this.#options;
    let failedAt: number | undefined;
    await retry(() => untilAborted(this.#producer.sendAll(topic, request), signal), {
      budgetMs,
      signal,
      firstDelayMs: 250,
      onRetry: (error) => {
        this.totals.repeatedRecords += request.length;
        if (failedAt === undefined) {
          onOutage?.(error as AppError);
        }
        failedAt ??= performance.now();
      },
    });
    if (failedAt !== undefined) {
      onRecovery?.(performance.now() - failedAt);
    }
  }
}

function* requests(records: readonly MachineRecord[]): Generator<readonly MachineRecord[], void, void> {
  let from = 0;
  let bytes = 0;
  for (const [index, { value }] of records.entries()) {
    const size = Buffer.byteLength(value);
    if (index > from && bytes + size > MAX_REQUEST_BYTES) {
      yield records.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < records.length) {
    yield records.slice(from);
  }
}

/** How long the end waits for the acknowledgement of the request in flight. */
const LAST_ACKNOWLEDGEMENT_MS = 2_000;

/** A request cannot be cancelled: after the signal, waits briefly for its answer, so that it is counted. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    onAbort = () => (timer = setTimeout(() => reject(signal.reason as Error), LAST_ACKNOWLEDGEMENT_MS));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) {
      signal.removeEventListener('abort', onAbort);
    }
    // The loser of the race must not end the process as an unhandled rejection.
    work.catch(() => undefined);
  }
}
