import { setTimeout as sleep } from 'node:timers/promises';
import { type KafkaProducer, type TopicReader } from '@chip/kafka';
import { DeadLetterReplay, indexLetters, type Letter, lettersAt } from '@chip/letters';
import { Lifecycle, type Logger, toAppError } from '@chip/service';
import { CONFIG, LOGGER } from '@chip/service/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PrimaryDatabase } from '../../primary-database.ts';
import { type QueryConfig } from '../../query.config.ts';
import { StreamDatabases } from '../../sql/stream-databases.ts';
import { LETTER_READER } from '../letter-indexer.ts';
import {
  AUDIT_STREAM,
  countRefused,
  keepReplay,
  leaveReplay,
  type ReplayRow,
  storeJudgement,
  storeProgress,
  takeReplay,
  wantedPlaces,
} from './replays.sql.ts';

/** Sends replays; null without LETTER_REPLAY. */
export const LETTER_PRODUCER = Symbol('letter producer');

/** For so long a replay belongs to the instance that works on it, unless that keeps it. */
const OWNED_S = 30;
const KEEP_MS = 10_000;
/** Between two looks for a replay that an instance left behind. */
const LOOK_MS = 5_000;
/** Between two looks at what became of the events sent. */
const JUDGE_MS = 1_000;
/** After so long, events that are not judged wait in a stalled partition, which has an alert of its own. */
const JUDGE_MAX_MS = 3_600_000;
/** Letters read from the index at a time. */
const AT_ONCE = 1_000;

/** Why a replay ended before all of its letters were read. */
interface EndedEarly {
  readonly code: string;
  readonly detail: string;
}

/** Events that were sent when the machine topic ended there. */
interface Checkpoint {
  readonly sent: number;
  readonly ends: ReadonlyMap<number, number>;
}

/**
 * Sends the replays that were asked for, one after the other; their events may be judged side by side. A replay is a row:
 * any instance that may send takes it, and goes on where its last one ended. Which letters are sent is decided by the audit
 * trail, as it is for the command.
 */
@Injectable()
export class ReplayRunner implements OnApplicationBootstrap {
  readonly #stop = new AbortController();
  readonly #owner: string;
  #wake = new AbortController();
  #work: Promise<void> = Promise.resolve();
  /** Replays in progress, by id. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    @Inject(LETTER_PRODUCER) private readonly producer: KafkaProducer | null,
    @Inject(LETTER_READER) private readonly reader: TopicReader | null,
    private readonly database: PrimaryDatabase,
    private readonly databases: StreamDatabases,
    @Inject(CONFIG) { INSTANCE }: QueryConfig,
    lifecycle: Lifecycle,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    // The name of an instance may be that of its predecessor, whose work must be told apart.
    this.#owner = `${INSTANCE}/${process.pid}/${Date.now()}`;
    lifecycle.onDrain('intake', 'replay of dead letters', async () => {
      this.#stop.abort();
      this.#wake.abort();
      await this.#work;
      await Promise.all(this.#running.values());
    });
    lifecycle.onDrain('connections', 'replay of dead letters', async () => {
      await this.producer?.disconnect().catch(() => undefined);
    });
  }

  get isOn(): boolean {
    return this.producer !== null;
  }

  onApplicationBootstrap(): void {
    if (this.producer !== null && this.reader !== null) {
      this.#work = this.#run(this.producer, this.reader);
    }
  }

  /** Looks for a replay at once. */
  wake(): void {
    this.#wake.abort();
  }

  async #run(producer: KafkaProducer, reader: TopicReader): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // What asks to look from here on is not missed.
      this.#wake = new AbortController();
      const row = await takeReplay(this.database, this.#owner, OWNED_S, [...this.#running.keys()]).catch(
        (error: unknown) => {
          this.logger.debug({ err: error }, 'replays_not_read');
          return undefined;
        },
      );
      if (row) {
        await this.#sentOf(row, producer, reader);
      } else {
        await sleep(LOOK_MS, undefined, { signal: this.#wake.signal }).catch(() => undefined);
      }
    }
  }

  /** Resolves when the events are sent: a stalled partition must not hold up the next replay. */
  #sentOf(row: ReplayRow, producer: KafkaProducer, reader: TopicReader): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const replay = this.#replay(row, producer, reader, resolve).finally(() => {
      resolve();
      this.#running.delete(row.id);
    });
    this.#running.set(row.id, replay);
    return promise;
  }

  async #replay(row: ReplayRow, producer: KafkaProducer, reader: TopicReader, sent: () => void): Promise<void> {
    const { id, topic } = row;
    // Aborted when the process ends, or another instance took the replay because this one was away for too long.
    const lost = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, lost.signal]);
    const keep = setInterval(() => {
      keepReplay(this.database, id, this.#owner, OWNED_S).then(
        (isOurs) => isOurs || lost.abort(),
        (error: unknown) => this.logger.debug({ err: error, replay: id }, 'replay_not_kept'),
      );
    }, KEEP_MS).unref();
    try {
      const judge = this.#judgeAlongside(row, reader, signal);
      const replay = this.#replayOf(row, producer, signal, judge.sent);
      let problem =
        row.problem_code === null ? undefined : { code: row.problem_code, detail: row.problem_detail ?? '' };
      if (row.state === 'sending') {
        problem = await this.#send(row, replay, producer, reader, signal);
        // Interrupted: what is stored are the batches that the broker has, and who goes on begins behind them.
        if (!signal.aborted) {
          const { outcome } = replay;
          await storeProgress(this.database, row, this.#owner, {
            ...outcome,
            last: problem ? undefined : outcome.last,
          });
        }
      }
      judge.finish(row.sent + replay.outcome.published, problem);
      sent();
      await judge.ended;
    } catch (error) {
      // The row stays as it is: an instance that reaches the database goes on.
      this.logger.warn({ err: error, replay: id, topic }, 'replay_interrupted');
    } finally {
      clearInterval(keep);
      await leaveReplay(this.database, id, this.#owner).catch(() => undefined);
    }
  }

  /** @returns why it ended early */
  async #send(
    { id, topic, ...row }: ReplayRow,
    replay: DeadLetterReplay,
    producer: KafkaProducer,
    reader: TopicReader,
    signal: AbortSignal,
  ): Promise<EndedEarly | undefined> {
    try {
      // Before letters are marked for it.
      await producer.connect();
      await replay.run(this.#letters({ id, topic, ...row }, reader, signal));
      return undefined;
    } catch (error) {
      if (signal.aborted) {
        return undefined;
      }
      this.logger.warn({ err: error, replay: id, topic }, 'replay_failed');
      const { code, message } = toAppError(error);
      return { code, detail: message };
    }
  }

  #replayOf(row: ReplayRow, producer: KafkaProducer, signal: AbortSignal, sent: (events: number) => void) {
    return new DeadLetterReplay(row.topic, this.database, producer, {
      isDryRun: false,
      again: row.again,
      by: row.created_by,
      reason: row.reason,
      stream: AUDIT_STREAM,
      replayId: row.id,
      ...(row.patch === null ? {} : { patch: row.patch }),
      acknowledged: async (transaction, progress) => {
        await storeProgress(transaction, row, this.#owner, progress);
        sent(row.sent + progress.published);
      },
      signal,
    });
  }

  async *#letters(
    { filter, again, bounds, at_partition, at_offset }: ReplayRow,
    reader: TopicReader,
    signal: AbortSignal,
  ): AsyncGenerator<{ letter: Letter; isRepeat: boolean }> {
    let after = { partition: at_partition, offset: at_offset };
    for (;;) {
      const places = await wantedPlaces(this.database, filter, again, after, AT_ONCE, bounds);
      const last = places.at(-1);
      if (last === undefined) {
        return;
      }
      for await (const letter of lettersAt(reader, filter.topic, places, signal)) {
        yield { letter, isRepeat: false };
      }
      after = last;
    }
  }

  /** Follows what ingest and the writer make of the events while they are sent, and until all are judged. */
  #judgeAlongside(row: ReplayRow, reader: TopicReader, signal: AbortSignal) {
    const { id, topic } = row;
    let sent = row.sent;
    let judged = row.judged;
    let end: { problem: EndedEarly | undefined; by: number } | undefined;
    let waiting: Checkpoint | undefined;
    const look = async (): Promise<boolean> => {
      // Before the ends are read: what they include is at least that.
      const before = sent;
      waiting ??= before > judged ? { sent: before, ends: await reader.ends(topic) } : undefined;
      const isBehind = waiting !== undefined && (await this.#hasPassed(topic, waiting.ends));
      if (isBehind) {
        // Their letters were written before the positions moved: now they are in the index.
        await indexLetters(topic, reader, this.database, signal, true);
        judged = waiting!.sent;
        waiting = undefined;
      }
      const refused = await countRefused(this.database, row);
      const isOver = end !== undefined && (judged >= sent || performance.now() > end.by);
      const problem = end?.problem;
      await storeJudgement(this.database, id, this.#owner, {
        state: isOver ? (problem ? 'failed' : 'done') : end ? 'judging' : 'sending',
        judged,
        refused,
        ...(problem ? { problem } : {}),
      });
      return isOver;
    };
    const follow = async (): Promise<void> => {
      let isFailing = false;
      while (!signal.aborted) {
        const isOver = await look().catch((error: unknown) => {
          // Once per outage: the row says itself how far it is.
          this.logger[isFailing || signal.aborted ? 'debug' : 'warn']({ err: error, replay: id }, 'replay_not_judged');
          return undefined;
        });
        isFailing = isOver === undefined;
        if (isOver) {
          return;
        }
        await sleep(JUDGE_MS, undefined, { signal }).catch(() => undefined);
      }
    };
    return {
      ended: follow(),
      sent: (events: number): void => void (sent = events),
      finish: (events: number, problem: EndedEarly | undefined): void => {
        sent = events;
        end = { problem, by: performance.now() + JUDGE_MAX_MS };
      },
    };
  }

  /** Whether the positions of a topic are behind these ends. */
  async #hasPassed(topic: string, ends: ReadonlyMap<number, number>): Promise<boolean> {
    const { database } = this.databases.of(topic);
    const rows = await database.query<{ partition: number; next_offset: number }>(
      'SELECT source_partition AS partition, next_offset FROM stream_positions WHERE source_topic = $1',
      [topic],
    );
    const positions = new Map(rows.map(({ partition, next_offset }) => [partition, next_offset]));
    return [...ends].every(([partition, end]) => end === 0 || (positions.get(partition) ?? 0) >= end);
  }
}
