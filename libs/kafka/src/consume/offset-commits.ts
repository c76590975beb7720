/** Commits the offsets of one consumer: those of all its partitions together, in few requests. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DeadlineExceededError, retry, withDeadline, type AppError, type Logger } from '@chip/service';
import type { EachBatchPayload } from 'kafkajs';
import { isGroupLost, KafkaUnavailableError, TopicMissingError, translateKafkaError } from '../kafka.error.ts';
import { rebalanceError } from '../kafkajs-patches/fetch-interceptor.ts';
import type { Partition } from './assignment.ts';

export interface OffsetCommitsParts {
  readonly topicOnBroker: string;
  readonly logger: Logger;
  /** Whether the assignment of `state` still owns its partition. */
  readonly isOwner: (state: Partition) => boolean;
  /** Ends the current assignment. */
  readonly lose: (error: Error) => void;
  readonly fail: (error: AppError) => void;
}

/** The part of kafkajs's batch payload that commits for the whole consumer. */
type CommitSource = Pick<EachBatchPayload, 'commitOffsetsIfNecessary'>;

interface Due {
  readonly source: CommitSource;
  readonly state: Partition;
  readonly offset: number;
}

/** Between two requests. A commit costs the broker a write, as much as a small batch of records. */
const PAUSE_MS = 200;
const BUDGET_MS = 10_000;
const LAST_REQUEST_MS = 3_000;

/**
 * The first offset leaves at once. Those that come while its request is on the way, and `PAUSE_MS` after it, leave together
 * in the next one. No handler waits for them: the next owner of the partition handles a moment's records again, which it
 * must be able to do anyway.
 *
 * A commit that the brokers refuse, or do not answer for `BUDGET_MS`, ends the assignment: the consumer joins again. A
 * dead coordinator stays the known one until its session ends, and joining finds the next one.
 */
export class OffsetCommits {
  readonly #parts: OffsetCommitsParts;
  readonly #due = new Map<number, Due>();
  readonly #ending = new AbortController();
  #sending: Promise<void> | undefined;

  constructor(parts: OffsetCommitsParts) {
    this.#parts = parts;
  }

  /** Everything below `offset` is handled. */
  note(source: CommitSource, state: Partition, offset: number): void {
    this.#due.set(state.partition, { source, state, offset });
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  /** Sends what is due without another pause. Never throws: abandons what hangs. */
  async end(): Promise<void> {
    this.#ending.abort();
    await withDeadline(this.#sending ?? Promise.resolve(), LAST_REQUEST_MS, 'last commit of offsets').catch(
      (error: unknown) => this.#parts.logger.warn({ err: error }, 'last_commit_incomplete'),
    );
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    while (this.#due.size > 0) {
      const due = [...this.#due.values()];
      this.#due.clear();
      try {
        await retry(() => this.#request(due), {
          budgetMs: BUDGET_MS,
          isRetriable: (error) => error instanceof KafkaUnavailableError,
        });
      } catch (error) {
        this.#onFailure(error as AppError);
      }
      await sleep(PAUSE_MS, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
  }

  async #request(due: readonly Due[]): Promise<void> {
    const { topicOnBroker: topic, isOwner, lose } = this.#parts;
    const owned = due.filter(({ state }) => isOwner(state));
    const last = owned.at(-1);
    if (last === undefined) {
      return;
    }
    const partitions = owned.map(({ state: { partition }, offset }) => ({ partition, offset: String(offset) }));
    try {
      await last.source.commitOffsetsIfNecessary({ topics: [{ topic, partitions }] });
    } catch (error) {
      if (!isGroupLost(error)) {
        throw translateKafkaError(error, `commit offsets of ${topic}`, { topic });
      }
      if (isOwner(last.state)) {
        lose(error as Error);
      }
    }
  }

  #onFailure(error: AppError): void {
    const { logger, lose, fail } = this.#parts;
    if (error instanceof DeadlineExceededError) {
      lose(rebalanceError(`the coordinator accepted no commit for ${BUDGET_MS / 1000} s`, error));
    } else if (error instanceof TopicMissingError) {
      // The next fetch meets the same, and knows what to do.
      logger.warn({ reason: error.message }, 'offsets_of_missing_topic');
    } else {
      fail(error);
    }
  }
}
