import type { IngestStoppedState } from '@chip/contracts';
import {
  type IngestDecision,
  type IngestStandstill,
  loadIngestDecisions,
  loadIngestPartitions,
  type Queryable,
  storeIngestPartitions,
} from '@chip/persistence';
import type { Logger } from '@chip/service';

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

/** A partition that this process has stopped. */
export interface Standstill extends IngestStandstill {
  readonly state: IngestStoppedState;
}

/**
 * Which partitions ingest has stopped, and why. The memory of this process decides; the database shows it to others and
 * returns what people decided. Without a database, or while it is down, everything except decisions works.
 */
export class Standstills {
  readonly #database: Queryable | undefined;
  readonly #owner: string;
  readonly #logger: Logger;
  readonly #stopped = new Map<string, Standstill>();
  /** Partitions that got through a batch since their assignment: the database's entry about them is obsolete. */
  readonly #running = new Set<string>();
  /** As last stored. */
  readonly #stored = new Map<string, string>();
  #decisions: IngestDecision[] = [];
  #isAway = false;
  #syncing: Promise<void> | undefined;

  constructor(database: Queryable | undefined, owner: string, logger: Logger) {
    this.#database = database;
    this.#owner = owner;
    this.#logger = logger;
  }

  all(): Standstill[] {
    return [...this.#stopped.values()];
  }

  get(topic: string, partition: number): Standstill | undefined {
    return this.#stopped.get(keyOf(topic, partition));
  }

  stop(standstill: Standstill): void {
    const { topic, partition, state, stateReason, atOffset } = standstill;
    const key = keyOf(topic, partition);
    const before = this.#stopped.get(key);
    if (before?.state !== state || before.atOffset !== atOffset) {
      this.#logger.error({ topic, partition, state, reason: stateReason, offset: atOffset }, 'partition_stopped');
    }
    this.#stopped.set(key, standstill);
    this.#running.delete(key);
  }

  run(topic: string, partition: number): void {
    const key = keyOf(topic, partition);
    if (this.#stopped.delete(key)) {
      this.#logger.info({ topic, partition }, 'partition_goes_on');
    }
    this.#running.add(key);
  }

  /** Forgets partitions that other processes own now. */
  keepOnly(assigned: readonly { topic: string; partition: number }[]): void {
    const keys = new Set(assigned.map(({ topic, partition }) => keyOf(topic, partition)));
    for (const key of [...this.#stopped.keys(), ...this.#running, ...this.#stored.keys()]) {
      if (!keys.has(key)) {
        this.#stopped.delete(key);
        this.#running.delete(key);
        this.#stored.delete(key);
      }
    }
  }

  /**
   * The decision about the stop at exactly this offset.
   *
   * @param id as for {@link resumes}
   */
  decision(
    topic: string,
    partition: number,
    atOffset: number,
    kind: IngestDecision['kind'],
    id: string | undefined,
  ): IngestDecision | undefined {
    return this.#decided(topic, partition, kind, id).find((decision) => decision.atOffset === atOffset);
  }

  /**
   * The decisions to resume a partition despite refused records.
   *
   * @param id of the topic. One that was recreated under the same name has other records at the same offsets.
   */
  resumes(topic: string, partition: number, id: string | undefined): IngestDecision[] {
    return this.#decided(topic, partition, 'resume', id);
  }

  #decided(topic: string, partition: number, kind: IngestDecision['kind'], id: string | undefined): IngestDecision[] {
    return this.#decisions.filter(
      (decision) =>
        decision.kind === kind &&
        decision.topic === topic &&
        decision.partition === partition &&
        (decision.topicId === null || decision.topicId === id),
    );
  }

  /** Stores changes and reads decisions. Never throws; a call during a running one waits for that one. */
  sync(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  async #sync(): Promise<void> {
    if (this.#database === undefined) {
      return;
    }
    try {
      const known = await loadIngestPartitions(this.#database);
      // A restored database may have lost a row that was stored before.
      const present = new Set(known.map((row) => keyOf(row.topic, row.partition)));
      const changed: IngestStandstill[] = this.all().filter((row) => {
        const key = keyOf(row.topic, row.partition);
        return !present.has(key) || this.#stored.get(key) !== JSON.stringify(row);
      });
      for (const row of known) {
        if (this.#running.has(keyOf(row.topic, row.partition))) {
          changed.push({ ...row, state: 'running', stateReason: null, toOffset: null });
        }
      }
      if (changed.length > 0) {
        await storeIngestPartitions(this.#database, changed, this.#owner);
        for (const row of changed) {
          this.#stored.set(keyOf(row.topic, row.partition), JSON.stringify(row));
        }
      }
      this.#decisions = await loadIngestDecisions(this.#database);
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway) {
        this.#logger.warn({ err: error }, 'standstills_not_stored');
      }
      this.#isAway = true;
    }
  }
}
