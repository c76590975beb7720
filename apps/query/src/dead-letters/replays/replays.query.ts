import {
  DeadLetterReplay,
  judgeOf,
  laidOut,
  type Letter,
  type LetterPlace,
  lettersAt,
  type ReplayOutcome,
} from '@chip/letters';
import { type TopicReader } from '@chip/kafka';
import { type Queryable, readTelemetryRetention } from '@chip/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { currentRequest } from '../../access/caller.ts';
import { readPage } from '../../http/cursor.ts';
import { nextTurn } from '../../http/next-turn.ts';
import { Problem } from '../../http/problem.error.ts';
import { PrimaryDatabase } from '../../primary-database.ts';
import { PrimarySnapshots, Snapshots } from '../../sql/snapshots.ts';
import { StreamDatabases } from '../../sql/stream-databases.ts';
import { LETTER_READER } from '../letter-indexer.ts';
import { withoutBrokers, brokersAway } from '../one-letter.query.ts';
import {
  type DryRunAnswer,
  type DryRunRequest,
  type ReplayAnswer,
  type ReplayListParameters,
  type ReplayPage,
  type ReplayRequest,
} from './replay-answer.ts';
import { ReplayRunner } from './replay-runner.ts';
import { countWanted, createReplay, listReplays, replayById, type ReplayRow, wantedPlaces } from './replays.sql.ts';

/** A dry run ends at the first of these. */
const DRY_RUN = { ms: 10_000, bytes: 32 * 1024 * 1024, letters: 100_000 };
/** Letters read from the index, and then from their topic, at a time. */
const AT_ONCE = 500;
/** Samples of each verdict. */
const MAX_SAMPLES = 5;
const SAMPLE_CHARACTERS = 4_000;
/** Longer events are shown as they are: laying them out takes time. */
const MAX_LAID_OUT_BYTES = 64 * 1024;

/** Tries patches on dead letters, and starts replays. */
@Injectable()
export class ReplaysQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly primary: PrimarySnapshots,
    private readonly database: PrimaryDatabase,
    private readonly databases: StreamDatabases,
    private readonly runner: ReplayRunner,
    @Inject(LETTER_READER) private readonly reader: TopicReader | null,
  ) {}

  async dryRun({ patch, again, ...selection }: DryRunRequest): Promise<DryRunAnswer> {
    const { reader } = this;
    if (reader === null) {
      throw withoutBrokers();
    }
    const { topic } = selection;
    const samples = new Samples();
    const letters = await this.snapshots.read((snapshot) => countWanted(snapshot, selection, again));
    const until = performance.now() + DRY_RUN.ms;
    let bytes = 0;
    let tried = 0;
    let isWhole = true;
    const places = (after: LetterPlace): Promise<LetterPlace[]> =>
      this.snapshots.read((snapshot) => wantedPlaces(snapshot, selection, again, after, AT_ONCE));
    async function* read(): AsyncGenerator<{ letter: Letter; isRepeat: boolean }> {
      let after: LetterPlace = { partition: -1, offset: -1 };
      for (;;) {
        const found = await places(after);
        for await (const letter of lettersAt(reader!, topic, found)) {
          if (performance.now() > until || bytes > DRY_RUN.bytes || tried === DRY_RUN.letters) {
            isWhole = false;
            return;
          }
          bytes += letter.value?.length ?? 0;
          tried++;
          yield { letter, isRepeat: false };
        }
        const last = found.at(-1);
        if (last === undefined || found.length < AT_ONCE) {
          return;
        }
        after = last;
        await nextTurn();
      }
    }
    const judge = judgeOf(topic, await this.#retention(topic));
    // A dry run marks and sends nothing: it asks the database for marks only.
    const replay = new DeadLetterReplay(
      topic,
      this.database,
      { sendAll: () => Promise.resolve() },
      {
        isDryRun: true,
        again,
        by: '',
        reason: '',
        ...(patch === undefined ? {} : { patch }),
        ...(judge === undefined ? {} : { judge }),
        tried: (letter, value, refusal) => samples.add(letter, value, refusal),
      },
    );
    const outcome = await replay.run(read()).catch((error: unknown) => {
      throw brokersAway(error) ?? this.primary.translated(error);
    });
    return { letters, tried, is_whole: isWhole, ...samples.answer(outcome) };
  }

  /** @throws Problem 403 if this service does not replay, 400 for an empty selection */
  async create(request: ReplayRequest): Promise<ReplayAnswer> {
    if (!this.runner.isOn) {
      throw new Problem(
        403,
        'forbidden',
        'replay over HTTP is off: set LETTER_REPLAY=on, or use the command "dlq replay"',
      );
    }
    const by = currentRequest().caller.subject;
    const id = await this.primary.write(() =>
      this.database.withTransaction(async (transaction) => {
        const { reason: _reason, patch: _patch, again, ...selection } = request;
        const letters = await countWanted(transaction, selection, again);
        if (letters === 0) {
          throw new Problem(400, 'invalid_body', 'the selection names no letter that could be replayed');
        }
        return createReplay(transaction, request, letters, by);
      }),
    );
    this.runner.wake();
    return this.#one(this.primary, id);
  }

  one(id: string): Promise<ReplayAnswer> {
    // The primary: its counts change every second.
    return this.#one(this.primary, id);
  }

  list(parameters: ReplayListParameters): Promise<ReplayPage> {
    return this.primary.read(async (snapshot) => {
      const { items, next_cursor } = await readPage(
        parameters,
        (after, limit) => listReplays(snapshot, after, limit),
        ({ created_at, id }) => ({ time: created_at, id }),
      );
      return { items: items.map(answerOf), next_cursor };
    });
  }

  async #one(from: Snapshots, id: string): Promise<ReplayAnswer> {
    const row = await from.read((snapshot) => replayById(snapshot, id));
    if (!row) {
      throw new Problem(404, 'not_found', 'there is no replay with this id');
    }
    return answerOf(row);
  }

  #retention(topic: string): Promise<number> {
    return this.databases.of(topic).snapshots.read((snapshot: Queryable) => readTelemetryRetention(snapshot));
  }
}

const answerOf = (row: ReplayRow): ReplayAnswer => {
  const { id, state, topic, filter, patch, again, reason, created_by, created_at, finished_at, letters, sent } = row;
  return {
    id,
    state,
    topic,
    filter: { ...filter },
    patch,
    again,
    reason,
    created_by,
    created_at,
    finished_at,
    letters,
    read: row.letters_read,
    sent,
    accepted: Math.max(0, row.judged - row.refused),
    refused: row.refused,
    skipped: skippedOf(Object.entries(row.skipped)),
    uncertain_keys: [...row.uncertain_keys],
    problem: row.problem_code === null ? null : { code: row.problem_code, detail: row.problem_detail ?? '' },
  };
};

const skippedOf = (counts: Iterable<readonly [string, number]>): ReplayAnswer['skipped'] =>
  [...counts].map(([why, letters]) => ({ why: why as ReplayAnswer['skipped'][number]['why'], letters }));

type Refusal = NonNullable<DryRunAnswer['samples'][number]['refusal']>;

/** The first few letters of each verdict, and the first detail of each code. */
class Samples {
  readonly #samples: { accepted: DryRunAnswer['samples']; refused: DryRunAnswer['samples'] } = {
    accepted: [],
    refused: [],
  };
  readonly #details = new Map<string, string>();

  add({ key, partition, offset, value: before }: Letter, after: Buffer | null, refusal: Refusal | null): void {
    if (refusal !== null && !this.#details.has(refusal.code)) {
      this.#details.set(refusal.code, refusal.detail);
    }
    const samples = this.#samples[refusal === null ? 'accepted' : 'refused'];
    if (samples.length < MAX_SAMPLES) {
      samples.push({ key, partition, offset, before: shown(before), after: shown(after), refusal });
    }
  }

  answer({ published, refusedAgain, passed }: ReplayOutcome): Omit<DryRunAnswer, 'letters' | 'tried' | 'is_whole'> {
    const refusals = [...refusedAgain].map(([code, letters]) => ({
      code,
      detail: this.#details.get(code) ?? '',
      letters,
    }));
    const refused = refusals.reduce((sum, { letters }) => sum + letters, 0);
    const { accepted, refused: others } = this.#samples;
    return {
      accepted: published - refused,
      refused,
      refusals,
      skipped: skippedOf(passed),
      samples: [...accepted, ...others],
    };
  }
}

function shown(value: Buffer | null): string | null {
  if (value === null) {
    return null;
  }
  const text = value.toString();
  return ((value.length <= MAX_LAID_OUT_BYTES ? laidOut(text) : undefined) ?? text).slice(0, SAMPLE_CHARACTERS);
}
