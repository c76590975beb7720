/**
 * What a database must hold whose positions went back: exactly what is below them. Positions move in the transaction
 * that loads the rows, so this holds at every moment, also under load.
 */
import type { Acknowledgement, Line } from '../../faults/load/acknowledgements.ts';
import { recordAt } from '../../faults/load/generator.ts';
import { digestOf } from '../../faults/load/publisher.ts';
import { topicOf, type Origin } from '../../faults/load/stream.ts';
import { check, type Difference } from '../../faults/proof/checker.ts';
import { Expectation } from '../../faults/proof/expectation.ts';
import type { Observation, ObservedLetter, ObservedPartition } from '../../faults/proof/observation.ts';

/** First offset that is not applied, by `<topic>/<partition>`. */
export type Positions = ReadonlyMap<string, number>;

export const partitionOf = ({ topic, partition }: Pick<ObservedPartition, 'topic' | 'partition'>): string =>
  `${topic}/${partition}`;

export const positionsIn = (partitions: readonly ObservedPartition[]): Positions =>
  new Map(partitions.map((one) => [partitionOf(one), one.nextOffset]));

/** The lines of a log of acknowledgements, without what is at or above the positions. */
export function linesBelow(lines: readonly Line[], positions: Positions): Line[] {
  let origin: Origin | undefined;
  return lines.flatMap((line): Line[] => {
    if ('origin' in line) {
      ({ origin } = line);
    }
    return 'acknowledged' in line ? partBelow(line.acknowledged, origin, positions) : [line];
  });
}

function partBelow(batch: Acknowledgement, origin: Origin | undefined, positions: Positions): Line[] {
  const end = positions.get(`${topicOf[batch.kind]}/${batch.partition}`) ?? 0;
  const count = Math.min(batch.count, end - batch.offset);
  if (count <= 0) {
    return [];
  }
  if (count === batch.count) {
    return [{ acknowledged: batch }];
  }
  if (origin === undefined) {
    throw new Error('the log begins without an origin');
  }
  const from = origin;
  const records = Array.from({ length: count }, (_, i) => recordAt(from, batch, batch.sequence + i, batch.mood));
  return [{ acknowledged: { ...batch, count, digest: digestOf(records) } }];
}

/** The letters of records below the positions: those above are sent, but not counted yet. */
export function lettersBelow(
  letters: ReadonlyMap<string, ObservedLetter>,
  positions: Positions,
): Map<string, ObservedLetter> {
  return new Map(
    [...letters].filter(([key]) => {
      const [topic, partition, offset] = key.split('/');
      return Number(offset) < (positions.get(`${topic}/${partition}`) ?? 0);
    }),
  );
}

/** Compares a database with what was acknowledged below its own positions. @returns what differs */
export function differencesAsOf(lines: readonly Line[], observation: Observation): readonly Difference[] {
  const positions = positionsIn(observation.positions);
  const expectation = new Expectation();
  linesBelow(lines, positions).forEach((line) => expectation.add(line));
  const { differences } = check(expectation, {
    ...observation,
    letters: lettersBelow(observation.letters, positions),
    // What the topic holds above the positions is not applied yet.
    endOffsets: positions,
  });
  return differences;
}
