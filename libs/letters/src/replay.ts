import { isUtf8 } from 'node:buffer';
import { type Refusal, REPLAY_HEADERS, streamOf } from '@chip/contracts';
import { contentBytes, type KafkaProducer, type OutgoingRecord } from '@chip/kafka';
import {
  acknowledgeReplays,
  type Database,
  markReplays,
  type Queryable,
  type ReplayMark,
  type ReplayRecord,
  replayMarks,
} from '@chip/persistence';
import type { Judge } from './judge.ts';
import type { Letter } from './letter.ts';
import { isJsonObject, mergePatch, readExactly } from './merge-patch.ts';

export interface ReplayOptions extends Omit<ReplayRecord, 'patch'> {
  /** Only reports: marks and publishes nothing. */
  readonly isDryRun: boolean;
  /** Includes letters that were replayed before. */
  readonly again: boolean;
  /** Changes every event before it is published (RFC 7396). */
  readonly patch?: Record<string, unknown>;
  /** Used in a dry run. */
  readonly judge?: Judge;
  /** Told of each letter that a dry run would publish: the event as it would be, and why it would be refused again. */
  readonly tried?: (letter: Letter, value: Buffer | null, refusal: Refusal | null) => void;
  /** Runs in the transaction that acknowledges a batch. */
  readonly acknowledged?: (transaction: Queryable, progress: ReplayProgress) => Promise<void>;
  /** Maximum number of letters to publish. */
  readonly limit?: number;
  /** Ends the replay after the batch that is being published. */
  readonly signal?: AbortSignal;
}

/** How far a replay is when a batch is acknowledged. */
export interface ReplayProgress {
  readonly published: number;
  readonly passed: ReadonlyMap<Passed, number>;
  readonly uncertainKeys: readonly string[];
  /** The last letter read. */
  readonly last: Pick<Letter, 'partition' | 'offset'>;
}

/** Why a letter was skipped. */
export type Passed = 'replayed' | 'uncertain' | 'truncated' | 'not_patchable' | 'too_large' | 'no_letter';

export interface ReplayOutcome {
  /** The last letter looked at. */
  last: Pick<Letter, 'partition' | 'offset'> | undefined;
  /** Published and acknowledged; in a dry run, what would be. */
  published: number;
  readonly byCode: Map<string, number>;
  /** In a dry run: events that would be refused again, by refusal code. */
  readonly refusedAgain: Map<string, number>;
  readonly passed: Map<Passed, number>;
  /** The first keys of letters whose replay was interrupted: whether they were published is unknown. */
  readonly uncertainKeys: string[];
  /** The first event as it is, or would be, published: shows the effect of a patch. */
  example: { key: string; value: string } | undefined;
}

/** Marks and acknowledgements are written for this many letters, or bytes of them, at a time. */
const BATCH = { letters: 500, bytes: 4 * 1024 * 1024 };
const MAX_NAMED_KEYS = 20;
const EXAMPLE_CHARACTERS = 2_000;
/** Size of a broker's record beyond key, value and headers, rounded up. */
const RECORD_OVERHEAD_BYTES = 200;

interface Prepared {
  readonly letter: Letter;
  readonly value: Buffer | null;
}

/**
 * Publishes the events of dead letters again to their machine topic: with the bytes, key and headers that the machine
 * sent, and two headers that name the letter they came from and count the attempts. For each batch of letters it
 *
 * 1. skips those marked in the audit trail (unless `again`),
 * 2. marks the others, in a transaction,
 * 3. publishes them and waits for the broker's acknowledgement,
 * 4. records the acknowledgement.
 *
 * So no two runs publish the same letter. A crash between 2 and 4 leaves marked letters that may or may not have been
 * published; the next run names them and leaves them to a person.
 */
export class DeadLetterReplay {
  readonly outcome: ReplayOutcome = {
    last: undefined,
    published: 0,
    byCode: new Map(),
    refusedAgain: new Map(),
    passed: new Map(),
    uncertainKeys: [],
    example: undefined,
  };
  readonly #topic: string;
  readonly #database: Database;
  readonly #producer: Pick<KafkaProducer, 'sendAll'>;
  readonly #options: ReplayOptions;

  constructor(topic: string, database: Database, producer: Pick<KafkaProducer, 'sendAll'>, options: ReplayOptions) {
    this.#topic = topic;
    this.#database = database;
    this.#producer = producer;
    this.#options = options;
  }

  /** @throws what the database or the producer throws; `outcome` then says how far it got, and what is uncertain */
  async run(letters: AsyncIterable<{ letter: Letter; isRepeat: boolean }>): Promise<ReplayOutcome> {
    let batch: Prepared[] = [];
    let bytes = 0;
    let left = this.#options.limit ?? Infinity;
    for await (const { letter, isRepeat } of letters) {
      if (isRepeat) {
        continue;
      }
      this.outcome.last = letter;
      const prepared = this.#prepare(letter);
      if (prepared === undefined) {
        continue;
      }
      batch.push(prepared);
      bytes += prepared.value?.length ?? 0;
      if (batch.length < Math.min(BATCH.letters, left) && bytes < BATCH.bytes) {
        continue;
      }
      left -= await this.#publish(batch);
      batch = [];
      bytes = 0;
      if (left === 0 || this.#options.signal?.aborted) {
        return this.outcome;
      }
    }
    await this.#publish(batch);
    return this.outcome;
  }

  /** The event to publish, or undefined if this letter cannot be replayed. */
  #prepare(letter: Letter): Prepared | undefined {
    if (letter.code === '') {
      return this.#pass('no_letter');
    }
    if (letter.truncated !== undefined) {
      return this.#pass('truncated');
    }
    let { value } = letter;
    if (this.#options.patch !== undefined) {
      const event = value !== null && isUtf8(value) ? jsonObject(value.toString()) : undefined;
      if (event === undefined) {
        return this.#pass('not_patchable');
      }
      value = Buffer.from(JSON.stringify(mergePatch(event, this.#options.patch)));
    }
    const limit = streamOf(this.#topic)?.limits.eventBytes;
    if (limit !== undefined && RECORD_OVERHEAD_BYTES + contentBytes(outgoing(letter, value, 1)) > limit) {
      return this.#pass('too_large');
    }
    return { letter, value };
  }

  async #publish(batch: readonly Prepared[]): Promise<number> {
    if (batch.length === 0) {
      return 0;
    }
    const { again, isDryRun, by, reason, patch, stream, replayId, judge, tried, acknowledged } = this.#options;
    const marks = await replayMarks(
      this.#database,
      batch.map(({ letter }) => letter.key),
    );
    const open = again ? batch : batch.filter(({ letter }) => !this.#isMarked(letter, marks.get(letter.key)));
    if (isDryRun) {
      for (const { letter, value } of open) {
        this.#count(letter, value);
        const refusal = judge?.(value, letter.headers) ?? null;
        if (refusal !== null) {
          this.outcome.refusedAgain.set(refusal.code, (this.outcome.refusedAgain.get(refusal.code) ?? 0) + 1);
        }
        tried?.(letter, value, refusal);
      }
      return open.length;
    }
    const record: ReplayRecord = {
      by,
      reason,
      ...(patch === undefined ? {} : { patch }),
      ...(stream === undefined ? {} : { stream }),
      ...(replayId === undefined ? {} : { replayId }),
    };
    const keys = open.map(({ letter }) => letter.key);
    const free = await this.#database.withTransaction((transaction) =>
      markReplays(transaction, keys, { ...record, again }),
    );
    const ours = open.filter(({ letter }) => free.has(letter.key));
    // Another replay that runs right now was faster.
    for (let others = open.length - ours.length; others > 0; others--) {
      this.#pass('replayed');
    }
    const ourKeys = ours.map(({ letter }) => letter.key);
    try {
      await this.#producer.sendAll(
        this.#topic,
        ours.map(({ letter, value }) =>
          outgoing(letter, value, (letter.replay?.count ?? 0) + (marks.get(letter.key)?.times ?? 0) + 1),
        ),
      );
      await this.#database.withTransaction(async (transaction) => {
        await acknowledgeReplays(transaction, ourKeys, record);
        await acknowledged?.(transaction, this.#progress(ours.length));
      });
    } catch (error) {
      for (const key of ourKeys) {
        this.#passUncertain(key);
      }
      throw error;
    }
    for (const { letter, value } of ours) {
      this.#count(letter, value);
    }
    return ours.length;
  }

  #progress(more: number): ReplayProgress {
    const { published, passed, uncertainKeys, last } = this.outcome;
    return { published: published + more, passed, uncertainKeys, last: last! };
  }

  #isMarked(letter: Letter, mark: ReplayMark | undefined): boolean {
    if (mark === undefined) {
      return false;
    }
    if (mark.state === 'acknowledged') {
      this.#pass('replayed');
    } else {
      this.#passUncertain(letter.key);
    }
    return true;
  }

  #passUncertain(key: string): void {
    this.#pass('uncertain');
    if (this.outcome.uncertainKeys.length < MAX_NAMED_KEYS) {
      this.outcome.uncertainKeys.push(key);
    }
  }

  #pass(why: Passed): undefined {
    this.outcome.passed.set(why, (this.outcome.passed.get(why) ?? 0) + 1);
  }

  #count({ code, key }: Letter, value: Buffer | null): void {
    this.outcome.published++;
    this.outcome.byCode.set(code, (this.outcome.byCode.get(code) ?? 0) + 1);
    this.outcome.example ??= { key, value: (value ?? '').toString().slice(0, EXAMPLE_CHARACTERS) };
  }
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = readExactly(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not JSON: nothing to patch.
    return undefined;
  }
}

function outgoing(letter: Letter, value: Buffer | null, count: number): OutgoingRecord {
  return {
    key: letter.sourceKey ?? contractKey(value),
    value,
    headers: {
      ...(letter.headers as Record<string, Buffer | Buffer[]>),
      [REPLAY_HEADERS.of]: letter.key,
      [REPLAY_HEADERS.count]: String(count),
    },
  };
}

/**
 * The key that the contract asks of machines, if the letter does not contain the record's own: the host of a sample,
 * the lot of an inspection. It keeps events about one thing in order.
 */
function contractKey(value: Buffer | null): string | null {
  if (value === null || !isUtf8(value)) {
    return null;
  }
  const event = jsonObject(value.toString());
  const key = event?.['lot_id'] ?? event?.['host'];
  return typeof key === 'string' ? key : null;
}
