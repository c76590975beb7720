import type { IngestStoppedState } from '@chip/contracts';
import type { KafkaAdmin } from '@chip/kafka';
import {
  type Database,
  decideForIngest,
  type IngestDecision,
  type IngestPartition,
  loadIngestPartitions,
  type PositionChange,
} from '@chip/persistence';
import { InputError } from '@chip/service';
import type { Plan } from './plan.ts';

export interface IngestPlansParts {
  readonly database: Database;
  readonly admin: Pick<KafkaAdmin, 'topicOffsets' | 'topicId'>;
}

/** Ways out for a partition that ingest has stopped: decisions that a running ingest reads from the database. */
export class IngestPlans {
  readonly #parts: IngestPlansParts;
  readonly #change: PositionChange;
  readonly #name: string;

  constructor(parts: IngestPlansParts, change: PositionChange) {
    this.#parts = parts;
    this.#change = change;
    this.#name = `${change.topic}/${change.partition}`;
  }

  /** Skips the record batch that ingest can never read. */
  async skipBatch(): Promise<Plan> {
    const { atOffset, toOffset, stateReason } = await this.#standstill('undecodable_batch', 'skip-batch');
    if (toOffset === null) {
      throw new InputError(`ingest does not say where the batch of ${this.#name} at ${atOffset} ends`);
    }
    return {
      lines: [
        `ingest skips offsets ${atOffset} to ${toOffset - 1} (${toOffset - atOffset}) of ${this.#name}: ${stateReason ?? ''}`,
        'they stay in the machine topic for as long as its retention lasts; one dead letter points at them, and the ledger counts one refused event and the other offsets as skipped',
      ],
      apply: () => this.#decide({ kind: 'skip_batch', atOffset, toOffset, clockShiftMs: 0 }),
    };
  }

  /**
   * Lets ingest continue with records that it would not turn into dead letters.
   *
   * @param clockShiftMs how far the broker's clock was behind: added to the append times of the records there so far
   */
  async resume(clockShiftMs: number): Promise<Plan> {
    const { atOffset, stateReason } = await this.#standstill('records_mostly_refused', 'resume-ingest');
    const { topic, partition } = this.#change;
    const high = (await this.#parts.admin.topicOffsets(topic)).get(partition)?.high ?? 0;
    if (high <= atOffset) {
      throw new InputError(`${this.#name} ends at ${high}, but ingest stopped at ${atOffset}; was the topic deleted?`);
    }
    return {
      lines: [
        `ingest continues at ${atOffset} of ${this.#name}, which is stopped: ${stateReason ?? ''}`,
        clockShiftMs === 0
          ? `what is refused of offsets ${atOffset} to ${high - 1} becomes dead letters`
          : `offsets ${atOffset} to ${high - 1} are judged as if they had been appended ${clockShiftMs / 1000} s later; the append times themselves stay as they are`,
      ],
      apply: () => this.#decide({ kind: 'resume', atOffset, toOffset: high, clockShiftMs }),
    };
  }

  async #decide(decision: Pick<IngestDecision, 'kind' | 'atOffset' | 'toOffset' | 'clockShiftMs'>): Promise<string> {
    const topicId = await this.#parts.admin.topicId(this.#change.topic);
    await this.#parts.database.withTransaction((transaction) =>
      decideForIngest(transaction, { ...this.#change, ...decision, topicId }),
    );
    return 'decided and recorded. A running ingest picks this up within 10 s: npm run positions -- show';
  }

  async #standstill(state: IngestStoppedState, command: string): Promise<IngestPartition> {
    const { topic, partition } = this.#change;
    const standing = (await loadIngestPartitions(this.#parts.database)).find(
      (row) => row.topic === topic && row.partition === partition,
    );
    if (standing?.state !== state) {
      throw new InputError(
        `ingest ${standing === undefined ? 'is not stopped' : `is "${standing.state}"`} in ${this.#name}; "${command}" is for "${state}"`,
      );
    }
    return standing;
  }
}
