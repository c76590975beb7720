import { replayMarks } from '@chip/persistence';
import { Injectable } from '@nestjs/common';
import { readPage } from '../http/cursor.ts';
import { Snapshots } from '../sql/snapshots.ts';
import {
  type GroupParameters,
  type LetterGroups,
  type LetterPage,
  type LetterParameters,
} from './dead-letters-answer.ts';
import { countGroups, isPlace, listLetters, placeOf, readPositions } from './dead-letters.sql.ts';
import { LetterIndexer } from './letter-indexer.ts';

const DEFINITION =
  'Refused events by topic, refusal code, service that refused, place in the event and machine; each once, however often a crash made a service write its letter. They stay counted after a replay, which replayed says; an event that is refused again has a new letter, which counts too. Letters below the positions are included.';

/** Counts dead letters and lists them, from their index. */
@Injectable()
export class DeadLettersQuery {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly indexer: LetterIndexer,
  ) {}

  groups(parameters: GroupParameters): Promise<LetterGroups> {
    return this.snapshots.read(async (snapshot) => ({
      definition: DEFINITION,
      is_indexing: this.indexer.isOn,
      positions: await readPositions(snapshot),
      ...(await countGroups(snapshot, parameters)),
    }));
  }

  list(parameters: LetterParameters): Promise<LetterPage> {
    return this.snapshots.read(async (snapshot) => {
      const { items, next_cursor } = await readPage(
        parameters,
        (after, limit) => listLetters(snapshot, parameters, after, limit),
        placeOf,
        isPlace,
      );
      const marks = await replayMarks(
        snapshot,
        items.map(({ key }) => key),
      );
      return {
        items: items.map((item) => {
          const mark = marks.get(item.key);
          return { ...item, replayed: mark ? { state: mark.state, at: mark.at, times: mark.times } : null };
        }),
        next_cursor,
      };
    });
  }
}
