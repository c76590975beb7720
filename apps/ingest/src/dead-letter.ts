import { DEAD_LETTER_HEADERS, deadLetterKey, MAX_EVENT_BYTES, type MachineTopic, type Refusal } from '@chip/contracts';
import type { KafkaRecord, OutgoingRecord } from '@chip/kafka';

/** Original headers travel along up to this size; the topic allows one MiB beside the value. */
const MAX_HEADER_BYTES = 512 * 1024;

/** A dead letter of stage `ingest`: the bytes that the machine sent, cut only where the topic's limit forces it. */
export function deadLetterOf(
  topic: MachineTopic,
  partition: number,
  record: KafkaRecord,
  refusal: Refusal,
  bytes: Buffer | null,
  place: number | undefined,
  failedAt: string,
): OutgoingRecord {
  const limit = MAX_EVENT_BYTES[topic];
  const isTooLong = bytes !== null && bytes.length > limit;
  const original: Record<string, Buffer | Buffer[]> = Object.create(null) as Record<string, Buffer | Buffer[]>;
  let headerBytes = 0;
  let areHeadersCut = false;
  for (const [name, value] of Object.entries(record.headers)) {
    const values = Buffer.isBuffer(value) ? [value] : [...value];
    headerBytes += values.reduce((sum, one) => sum + one.length + Buffer.byteLength(name), 0);
    if (headerBytes > MAX_HEADER_BYTES) areHeadersCut = true;
    else original[name] = values.length === 1 ? values[0]! : values;
  }
  const cut = [...(isTooLong ? [`value of ${bytes.length} bytes`] : []), ...(areHeadersCut ? ['headers'] : [])];
  return {
    key: deadLetterKey(topic, partition, record.offset, place),
    value: isTooLong ? bytes.subarray(0, limit) : bytes,
    headers: {
      ...original,
      [DEAD_LETTER_HEADERS.code]: refusal.code,
      [DEAD_LETTER_HEADERS.detail]: refusal.detail,
      [DEAD_LETTER_HEADERS.topic]: topic,
      [DEAD_LETTER_HEADERS.partition]: String(partition),
      [DEAD_LETTER_HEADERS.offset]: String(record.offset),
      ...(place === undefined ? {} : { [DEAD_LETTER_HEADERS.index]: String(place) }),
      [DEAD_LETTER_HEADERS.failedAt]: failedAt,
      [DEAD_LETTER_HEADERS.stage]: 'ingest',
      ...(record.key === null ? {} : { [DEAD_LETTER_HEADERS.key]: record.key }),
      ...(cut.length === 0 ? {} : { [DEAD_LETTER_HEADERS.truncated]: cut.join(', ') }),
    },
  };
}
