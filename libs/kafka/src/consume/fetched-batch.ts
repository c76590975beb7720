/** A record batch on its way to a handler. */
import type { FetchFacts } from '../kafkajs-patches/fetch-interceptor.ts';
import type { RecordBatch } from './record-batch.ts';
import type { Records } from '../records/kafka-record.ts';

/** What a batch can do to its partition, provided by its consumer. */
interface BatchActions {
  progress(): void;
  isAssigned(): boolean;
  pause(reason: string): void;
  commit(offset: number): void;
}

/** The batch that a handler gets: the fetched records, and the way back to the consumer. */
export class FetchedBatch implements RecordBatch {
  readonly records: Records;
  readonly fetchOffset: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly assignment: number;
  readonly outOfRange: RecordBatch['outOfRange'];
  readonly undecodable: RecordBatch['undecodable'];
  /** Where the handler wants to continue, if it said so. */
  soughtTo: number | null = null;
  /** Whether the handler needs the records no more. */
  isReleased = false;
  readonly #actions: BatchActions;

  constructor(
    readonly topic: string,
    facts: FetchFacts,
    readonly partition: number,
    readonly signal: AbortSignal,
    actions: BatchActions,
  ) {
    this.records = facts.records;
    this.fetchOffset = facts.fetchOffset;
    const [first] = facts.records;
    this.firstOffset = first?.offset ?? facts.fetchOffset;
    this.nextOffset = facts.nextOffset;
    this.highWatermark = facts.highWatermark;
    this.lastStableOffset = facts.lastStableOffset;
    this.logStartOffset = facts.logStartOffset;
    this.assignment = facts.assignment;
    this.outOfRange = facts.outOfRange;
    this.undecodable = facts.undecodable;
    this.#actions = actions;
  }

  progress(): void {
    this.#actions.progress();
  }

  isCurrent(): boolean {
    return !this.signal.aborted && this.soughtTo === null && this.#actions.isAssigned();
  }

  seek(offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new RangeError(`not an offset: ${offset}`);
    }
    this.soughtTo = offset;
  }

  pause(reason: string): void {
    this.#actions.pause(reason);
  }

  commit(offset: number): void {
    this.#actions.commit(offset);
  }

  release(): void {
    this.isReleased = true;
  }
}
