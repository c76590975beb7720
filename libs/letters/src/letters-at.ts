import { deadLetterTopic } from '@chip/contracts';
import type { TopicReader } from '@chip/kafka';
import { type Letter, letterOf } from './letter.ts';

/** Where a letter is in the dead-letter topic. */
export interface LetterPlace {
  readonly partition: number;
  readonly offset: number;
}

/** Letters closer together than this are read through; a longer way costs more than another request. */
const MAX_STEP = 1_000;

/**
 * The letters at these places of the dead-letter topic of `topic`. Places that the topic no longer has are left out.
 *
 * @param places in order of partition and offset
 */
export async function* lettersAt(
  reader: Pick<TopicReader, 'read'>,
  topic: string,
  places: readonly LetterPlace[],
  signal?: AbortSignal,
): AsyncGenerator<Letter> {
  for (const run of runsOf(places)) {
    const { partition, offset: first } = run[0]!;
    const wanted = new Set(run.map(({ offset }) => offset));
    const range = {
      partitions: [partition],
      from: new Map([[partition, first]]),
      to: new Map([[partition, run.at(-1)!.offset + 1]]),
      ...(signal === undefined ? {} : { signal }),
    };
    for await (const record of reader.read(deadLetterTopic(topic), range)) {
      if (wanted.has(record.offset)) {
        yield letterOf(record);
      }
    }
  }
}

/** Cuts places where the partition changes or the way is long. */
function runsOf(places: readonly LetterPlace[]): LetterPlace[][] {
  const runs: LetterPlace[][] = [];
  let last: LetterPlace | undefined;
  for (const place of places) {
    if (last?.partition === place.partition && place.offset - last.offset <= MAX_STEP) {
      runs.at(-1)!.push(place);
    } else {
      runs.push([place]);
    }
    last = place;
  }
  return runs;
}
