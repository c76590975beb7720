import { deadLetterTopic, MAX_INTEGER } from '@chip/contracts';
import type { TopicReader, TopicRecord } from '@chip/kafka';
import { type Database, type IndexedLetter, letterPositions, storeLetters } from '@chip/persistence';
import { letterOf } from './letter.ts';
import { originOf } from './origin.ts';

/** Letters stored in one transaction. What the table keeps of one is at most about 4 KB. */
const BATCH_LETTERS = 1_000;

/**
 * Puts the letters of a machine topic that are new since the last time into the table `dead_letters`, batch by batch, each
 * in a transaction with the position behind it. Several processes may do so at once: one that finds a position moved leaves
 * the partition to the other, so no letter is stored twice.
 *
 * @param untilWhole goes on behind what another process stores, so that every letter of before the call is stored at its end
 * @returns the number of letters stored
 * @throws what the broker or the database throws; stored batches stay stored
 */
export async function indexLetters(
  topic: string,
  reader: Pick<TopicReader, 'read'>,
  database: Database,
  signal?: AbortSignal,
  untilWhole = false,
): Promise<number> {
  const from = await letterPositions(database, topic);
  const left = new Set<number>();
  let stored = 0;
  let batch: IndexedLetter[] = [];
  const store = async (): Promise<void> => {
    const [first, last] = [batch[0], batch.at(-1)];
    if (first === undefined || last === undefined) {
      return;
    }
    const { partition } = first;
    const isOurs = await storeLetters(database, topic, partition, from.get(partition) ?? 0, batch);
    from.set(partition, last.offset + 1);
    stored += isOurs ? batch.length : 0;
    if (!isOurs) {
      left.add(partition);
    }
    batch = [];
  };
  const range = { from: new Map(from), ...(signal === undefined ? {} : { signal }) };
  for await (const record of reader.read(deadLetterTopic(topic), range)) {
    if (batch.length === BATCH_LETTERS || (batch[0] !== undefined && batch[0].partition !== record.partition)) {
      await store();
    }
    if (!left.has(record.partition)) {
      batch.push(indexed(record));
    }
  }
  await store();
  return untilWhole && left.size > 0 ? stored + (await indexLetters(topic, reader, database, signal, true)) : stored;
}

/** What PostgreSQL can store of a text that anyone may have written to the topic. The cut may halve a surrogate pair. */
const storable = (text: string, max: number): string => text.replaceAll('\0', '').slice(0, max).toWellFormed();
const integer = (value: number, max: number): number | null =>
  Number.isSafeInteger(value) && value >= 0 && value <= max ? value : null;
/** Anyone may also set the timestamp of a record in a dead-letter topic. */
const isStorableTime = (ms: number): boolean => {
  const year = new Date(ms).getUTCFullYear();
  return year >= 1970 && year <= 9999;
};

function indexed(record: TopicRecord): IndexedLetter {
  const letter = letterOf(record);
  const failedMs = [Date.parse(letter.failedAt), record.timestamp].find(isStorableTime) ?? 0;
  return {
    partition: record.partition,
    offset: record.offset,
    key: storable(letter.key, 400),
    code: storable(letter.code, 100),
    stage: storable(letter.stage, 20),
    field: storable(fieldOf(letter.detail), 500),
    detail: storable(letter.detail, 2_000),
    machine: storable(originOf(letter.value) ?? '', 100),
    failed_at: new Date(failedMs).toISOString(),
    source_partition: integer(letter.sourcePartition, MAX_INTEGER),
    source_offset: integer(letter.sourceOffset, Number.MAX_SAFE_INTEGER),
    replay_of: letter.replay === undefined ? null : storable(letter.replay.of, 300),
    replay_count: letter.replay?.count ?? null,
    truncated: letter.truncated === undefined ? null : storable(letter.truncated, 100),
    value_bytes: letter.value?.length ?? null,
  };
}

/** Where the event was refused: the JSON pointer that a detail begins with, any index of an array as `*`; else empty. */
function fieldOf(detail: string): string {
  const [place = ''] = /^(?:\/.*?|\(event\))(?=: )/su.exec(detail) ?? [];
  return place.replaceAll(/\/[0-9]+(?=\/|$)/gu, '/*');
}
