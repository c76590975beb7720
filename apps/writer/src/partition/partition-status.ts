import type { PartitionState } from '@chip/contracts';
import { type Queryable, setPositionState } from '@chip/persistence';
import { AppError, type Logger } from '@chip/service';
import type { WriterMetrics } from '../writer.metrics.ts';

export interface PartitionStatusParts {
  readonly sourceTopic: string;
  readonly partition: number;
  /** Name of this process, stored with the position. */
  readonly owner: string;
  /** Its own connections: a hanging flush must not hide the reason. */
  readonly database: Queryable;
  readonly metrics: WriterMetrics;
  readonly logger: Logger;
}

/**
 * The state of a partition, as shown by its metric and by the row of its position. Just when there is something to
 * store, the row may be locked or the database down: storing never waits, and the newest state wins.
 */
export class PartitionStatus {
  readonly #parts: PartitionStatusParts;
  #state: PartitionState = 'running';
  #reason: string | null = null;
  /** What the row says; null when the last statement failed and may still have taken effect. */
  #stored: { readonly state: PartitionState; readonly reason: string | null } | null = {
    state: 'running',
    reason: null,
  };
  #storing: Promise<void> | undefined;
  /** False once another process owns the partition: what this one still observes no longer counts. */
  #isOurs = true;

  constructor(parts: PartitionStatusParts) {
    this.#parts = parts;
  }

  get state(): PartitionState {
    return this.#state;
  }

  /**
   * Whether the row holds {@link state}. Only then does a different state there come from another process or a person.
   */
  get isStored(): boolean {
    return this.#storing === undefined && this.#stored?.state === this.#state;
  }

  /** This process owns the partition, again. */
  claim(): void {
    this.#isOurs = true;
  }

  /** Adopts the state in the row, stored by this process or its predecessor. */
  adopt(state: string, reason: string | null): void {
    this.#stored = { state: state as PartitionState, reason };
    this.#display(state as PartitionState, reason);
  }

  show(state: PartitionState, reason: string | null = null): void {
    if (!this.#isOurs) {
      return;
    }
    this.#display(state, reason);
    this.#storing ??= this.#store().finally(() => (this.#storing = undefined));
  }

  /** Like {@link show}; resolves once the state is stored or cannot be. */
  async showStored(state: PartitionState, reason: string | null): Promise<void> {
    this.show(state, reason);
    await this.#storing;
  }

  /** Another process owns the partition: removes its metric and leaves its row alone. */
  withdraw(): void {
    if (this.#state !== 'running') {
      this.#parts.metrics.stopped.remove(this.#labels());
    }
    this.#isOurs = false;
    this.#state = 'running';
    this.#reason = null;
    this.#stored = { state: 'running', reason: null };
  }

  #display(state: PartitionState, reason: string | null): void {
    this.#reason = reason;
    if (this.#state === state) {
      return;
    }
    if (this.#state !== 'running') {
      this.#parts.metrics.stopped.remove(this.#labels());
    }
    this.#state = state;
    if (state !== 'running') {
      this.#parts.metrics.stopped.set(this.#labels(), 1);
    }
  }

  async #store(): Promise<void> {
    const { database, sourceTopic, partition, owner, logger } = this.#parts;
    while (this.#isOurs && (this.#stored?.state !== this.#state || this.#stored.reason !== this.#reason)) {
      const wanted = { state: this.#state, reason: this.#reason };
      try {
        await setPositionState(database, sourceTopic, partition, wanted.state, wanted.reason, owner);
        this.#stored = wanted;
      } catch (error) {
        this.#stored = null;
        // Without the database only the metric can show the state.
        const isTransient = error instanceof AppError && error.retriable;
        logger[isTransient ? 'debug' : 'warn']({ err: error, state: wanted.state }, 'state_not_stored');
        return;
      }
    }
  }

  #labels(): { topic: string; partition: string; state: string } {
    return { topic: this.#parts.sourceTopic, partition: String(this.#parts.partition), state: this.#state };
  }
}
