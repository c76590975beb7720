/** Runs the handler of one batch and decides what its result means for the partition. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, type Logger } from '@chip/service';
import type { EachBatchPayload } from 'kafkajs';
import { HandlerFailedError, PartitionLostError, RejoinError } from '../kafka.error.ts';
import { rebalanceError, type FetchFacts } from '../kafkajs-patches/fetch-interceptor.ts';
import { moveTo, type Partition } from './assignment.ts';
import { FetchedBatch } from './fetched-batch.ts';
import type { RecordBatch } from './record-batch.ts';

export interface HandlingParts {
  /** The topic's name in the contract, for handlers. */
  readonly topic: string;
  /** Its name on the brokers. */
  readonly topicOnBroker: string;
  readonly handle: (batch: RecordBatch) => Promise<void>;
  readonly logger: Logger;
  readonly closing: AbortSignal;
  /** Whether the assignment of `state` still owns its partition. */
  readonly isOwner: (state: Partition) => boolean;
  readonly pause: (state: Partition, reason: string) => void;
  readonly commit: (payload: EachBatchPayload, state: Partition, offset: number) => void;
  /** Ends the current assignment. */
  readonly lose: (error: Error) => void;
  readonly fail: (error: AppError) => void;
}

/**
 * A second request to rejoin within `windowMs` waits for `pauseMs`: two writers that meet must not keep the group
 * rebalancing.
 */
const REJOIN = { windowMs: 10_000, pauseMs: 1_000 };

/** See {@link RecordBatch} for what a handler may do. Its errors never reach the client: they rejoin or are fatal. */
export class Handling {
  readonly #parts: HandlingParts;
  #lastRejoinAt = -Infinity;

  constructor(parts: HandlingParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async run(
    payload: EachBatchPayload,
    facts: FetchFacts,
    state: Partition,
    signal: AbortSignal,
    progress: () => void,
  ): Promise<void> {
    const { topic, handle, isOwner, pause } = this.#parts;
    const batch = new FetchedBatch(topic, facts, state.partition, signal, {
      progress,
      isAssigned: () => isOwner(state),
      pause: (reason) => pause(state, reason),
      commit: (offset) => this.#parts.commit(payload, state, offset),
    });
    try {
      await handle(batch);
    } catch (error) {
      await this.#onError(error, signal, state);
      return;
    } finally {
      state.running = null;
    }
    if (!signal.aborted) {
      this.#moveOn(batch, facts, state);
    }
  }

  #moveOn(batch: FetchedBatch, facts: FetchFacts, state: Partition): void {
    if (batch.soughtTo !== null) {
      moveTo(state, batch.soughtTo);
      return;
    }
    if (state.pausedReason !== null) {
      return;
    }
    if (facts.outOfRange !== null) {
      const { low, high } = facts.outOfRange;
      this.#parts.pause(state, `offset ${facts.fetchOffset} is out of range, the broker has ${low} to ${high}`);
    } else if (facts.undecodable !== null) {
      const { from, reason } = facts.undecodable;
      this.#parts.pause(state, `undecodable_batch: the record batch at offset ${from} cannot be read: ${reason}`);
    } else {
      moveTo(state, facts.nextOffset);
      if (batch.isReleased) {
        facts.release();
      }
      state.progressAt = performance.now();
    }
  }

  async #onError(error: unknown, signal: AbortSignal, state: Partition): Promise<void> {
    const { topicOnBroker, logger, closing } = this.#parts;
    const context = { topic: topicOnBroker, partition: state.partition };
    if (signal.aborted) {
      // The handler was aborted and stopped: its error means nothing else.
      logger.debug({ ...context, err: error }, 'batch_aborted');
      return;
    }
    if (error instanceof RejoinError || error instanceof PartitionLostError) {
      logger.warn({ ...context, code: error.code, reason: error.message }, 'consumer_rejoining');
      if (performance.now() - this.#lastRejoinAt < REJOIN.windowMs) {
        await sleep(REJOIN.pauseMs, undefined, { signal: closing }).catch(() => undefined);
      }
      this.#lastRejoinAt = performance.now();
      if (this.#parts.isOwner(state) && !closing.aborted) {
        this.#parts.lose(rebalanceError(error.message));
      }
      return;
    }
    this.#parts.fail(
      error instanceof AppError
        ? error
        : new HandlerFailedError(
            `the handler of ${topicOnBroker}/${state.partition} failed: ${error instanceof Error ? error.message : String(error)}`,
            { cause: error, context },
          ),
    );
  }
}
