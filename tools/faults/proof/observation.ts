/** What the tables and the dead-letter topics really hold, as seen by plain clients. */
import { hash } from 'node:crypto';
import type kafkajs from 'kafkajs';
import { kafkaClient, withAdmin, type Sql } from '../system/clients.ts';
import { RECORDS_PER_BUCKET, sealedKey } from './expectation.ts';
import type { InspectionTable } from './row-texts.ts';
import { onBroker, topicOf, type Kind } from '../load/stream.ts';
import { readSummaryDifferences } from './summaries.ts';
import { rowDigestSql, type Sums } from './sums.ts';

export interface ObservedLetter {
  readonly code: string;
  readonly content: string;
  readonly stage: string;
  readonly isTruncated: boolean;
}

export interface ObservedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly state: string;
  readonly nextOffset: number;
  readonly originOffset: number;
  readonly records: number;
  readonly skipped: number;
  readonly gaps: number;
  readonly elements: number;
  readonly applied: number;
  readonly deadLettered: number;
  readonly duplicates: number;
}

export interface Observation {
  readonly samples: Sums;
  readonly inspections: Readonly<Record<InspectionTable, Sums>>;
  /** By key; a letter sent twice counts once, but both copies must be equal. */
  readonly letters: ReadonlyMap<string, ObservedLetter>;
  /** Keys whose letters differ from each other. */
  readonly contradictions: readonly string[];
  readonly positions: readonly ObservedPartition[];
  /** By `<topic>/<partition>`: the last stable offset of each machine partition. */
  readonly endOffsets: ReadonlyMap<string, number>;
  readonly rollups: readonly string[];
  readonly summaries: readonly string[];
}

const microseconds = (column: string): string => `(extract(epoch from ${column}) * 1000000)::bigint`;
const bits = (column: string): string => `encode(float8send(${column}), 'hex')`;

/** Text of a row of system_metrics, as sampleText() makes it. */
export const SAMPLE_TEXT_SQL = `concat_ws('|', ${microseconds('time')}, service_name, metric_name, ${bits('metric_value')}, tags::text, coalesce(host, '~'))`;

/** Bucket of a row of system_metrics, as bucketOf() makes it; a row that the generator did not make is "unknown". */
export const SAMPLE_BUCKET_SQL = `CASE WHEN tags->>'e' ~ '^t[0-9]+[a-z]*:[0-9]+:[0-9]+$'
  THEN split_part(tags->>'e', ':', 1) || ':' || split_part(tags->>'e', ':', 2)::int / ${RECORDS_PER_BUCKET} ELSE 'unknown' END`;

const sumsSql = (bucket: string, text: string, from: string): string =>
  `SELECT ${bucket} AS bucket, count(*)::int AS count, sum(${rowDigestSql(text)})::float8 AS digest FROM ${from} GROUP BY 1`;

const UNIT = `concat_ws('|', l.lot_id, i.chip_id, i.inspection_type)`;
const decisive = (table: string): string =>
  `${table}.status, coalesce(${table}.result, '~'), ${microseconds(`${table}.occurred_at`)}, coalesce(${table}.equipment_id, '~'), coalesce(${table}.hard_bin::text, '~')`;
const inspectionSums: Readonly<Record<InspectionTable, string>> = {
  events: sumsSql(
    'l.lot_id',
    `concat_ws('|', ${UNIT}, e.event_id, e.attempt_key, e.source_partition, e.source_offset)`,
    'inspection_events e LEFT JOIN inspections i ON i.id = e.inspection_id LEFT JOIN lots l ON l.id = i.lot_id',
  ),
  attempts: sumsSql(
    'l.lot_id',
    `concat_ws('|', ${UNIT}, a.attempt_key, ${decisive('a')}, (SELECT string_agg(id::text, ',' ORDER BY id::text) FROM unnest(a.event_ids) AS id))`,
    'inspection_attempts a LEFT JOIN inspections i ON i.id = a.inspection_id LEFT JOIN lots l ON l.id = i.lot_id',
  ),
  inspections: sumsSql(
    'l.lot_id',
    `concat_ws('|', ${UNIT}, i.attempt_key, ${decisive('i')})`,
    'inspections i LEFT JOIN lots l ON l.id = i.lot_id',
  ),
  measurements: sumsSql(
    'l.lot_id',
    `concat_ws('|', m.event_id, ${microseconds('m.time')}, m.name, coalesce(${bits('m.value')}, '~'), m.unit)`,
    'measurements m LEFT JOIN inspections i ON i.id = m.inspection_id LEFT JOIN lots l ON l.id = i.lot_id',
  ),
  defects: sumsSql(
    'l.lot_id',
    `concat_ws('|', d.event_id, d.defect_no, d.class, ${bits('d.x_um')}, ${bits('d.y_um')})`,
    'defects d LEFT JOIN inspections i ON i.id = d.inspection_id LEFT JOIN lots l ON l.id = i.lot_id',
  ),
};

async function readSums(sql: Sql, text: string): Promise<Sums> {
  const rows = await sql<{ bucket: string | null; count: number; digest: number }>(text);
  return new Map(rows.map(({ bucket, count, digest }) => [bucket ?? 'unknown', { count, digest }]));
}

/** Reads everything once. Meaningful only for a system at rest. */
export async function observe(sql: Sql, brokers: string, letters: LetterReader): Promise<Observation> {
  await letters.read();
  return {
    samples: await readSums(sql, sumsSql(SAMPLE_BUCKET_SQL, SAMPLE_TEXT_SQL, 'system_metrics')),
    inspections: {
      events: await readSums(sql, inspectionSums.events),
      attempts: await readSums(sql, inspectionSums.attempts),
      inspections: await readSums(sql, inspectionSums.inspections),
      measurements: await readSums(sql, inspectionSums.measurements),
      defects: await readSums(sql, inspectionSums.defects),
    },
    letters: letters.letters,
    contradictions: letters.contradictions,
    positions: await readPositions(sql),
    endOffsets: await readEndOffsets(brokers, Object.values(topicOf)),
    rollups: await readRollupDifferences(sql),
    summaries: await readSummaryDifferences(sql),
  };
}

export async function readPositions(sql: Sql): Promise<ObservedPartition[]> {
  const rows = await sql<Record<string, string | number>>(
    `SELECT source_topic AS topic, source_partition AS partition, state, next_offset::float8 AS "nextOffset",
       origin_offset::float8 AS "originOffset", records::float8, skipped::float8, gaps::float8, elements::float8,
       applied::float8, dead_lettered::float8 AS "deadLettered", duplicates::float8
     FROM stream_positions ORDER BY 1, 2`,
  );
  return rows as unknown as ObservedPartition[];
}

export async function readEndOffsets(brokers: string, topics: readonly string[]): Promise<Map<string, number>> {
  return withAdmin(brokers, async (admin) => {
    const ends = new Map<string, number>();
    for (const topic of topics) {
      for (const { partition, high } of await admin.fetchTopicOffsets(onBroker(topic))) {
        ends.set(`${topic}/${partition}`, Number(high));
      }
    }
    return ends;
  });
}

/** Hours whose roll-up differs from the raw rows; sums may differ by the order of addition. */
async function readRollupDifferences(sql: Sql): Promise<string[]> {
  const rows = await sql<{ text: string }>(`
    WITH raw AS (
      SELECT time_bucket(INTERVAL '1 hour', time) AS bucket, service_name, metric_name, host,
        sum(metric_value) AS sum_value, count(*) AS sample_count, min(metric_value) AS min_value, max(metric_value) AS max_value
      FROM system_metrics GROUP BY 1, 2, 3, 4
    )
    SELECT concat_ws(' ', coalesce(raw.bucket, h.bucket), coalesce(raw.service_name, h.service_name),
      coalesce(raw.metric_name, h.metric_name), coalesce(raw.host, h.host), 'raw rows', coalesce(raw.sample_count, 0),
      'roll-up', coalesce(h.sample_count, 0)) AS text
    FROM raw FULL JOIN metrics_hourly h ON h.bucket = raw.bucket AND h.service_name = raw.service_name
      AND h.metric_name = raw.metric_name AND coalesce(h.host, '~') = coalesce(raw.host, '~')
    WHERE (raw.sample_count, raw.min_value, raw.max_value) IS DISTINCT FROM (h.sample_count, h.min_value, h.max_value)
      OR abs(raw.sum_value - h.sum_value) > 1e-9 * greatest(1, abs(raw.sum_value), raw.sample_count * greatest(abs(raw.min_value), abs(raw.max_value)))
    LIMIT 20`);
  return rows.map(({ text }) => text);
}

/** A million letters take minutes on a busy machine. */
const READ_WITHIN_MS = 600_000;

/** Reads the dead-letter topics, each time from where it stopped. */
export class LetterReader {
  readonly letters = new Map<string, ObservedLetter>();
  readonly contradictions: string[] = [];
  readonly #next = new Map<string, number>();
  readonly #sealed: Record<Kind, number> = { telemetry: 0, inspection: 0 };
  #brokers: string;

  constructor(brokers: string) {
    this.#brokers = brokers;
  }

  async read(): Promise<void> {
    for (const topic of Object.values(topicOf)) {
      await this.#readTopic(`${topic}.dlq`);
    }
  }

  /** The offsets of a machine topic start over, and with them the keys of its letters. Call only at rest. */
  async seal(kind: Kind): Promise<void> {
    await this.#readTopic(`${topicOf[kind]}.dlq`);
    for (const [key, letter] of [...this.letters]) {
      if (key.startsWith(`${topicOf[kind]}/`)) {
        this.letters.delete(key);
        this.letters.set(sealedKey(this.#sealed[kind], key), letter);
      }
    }
    this.#sealed[kind] += 1;
  }

  /** From now on letters go to another cluster, whose topics start empty. */
  moveTo(brokers: string): void {
    this.#brokers = brokers;
    this.#next.clear();
  }

  async #readTopic(topic: string): Promise<void> {
    const ends = await readEndOffsets(this.#brokers, [topic]);
    const isBehind = () => [...ends].some(([partition, end]) => (this.#next.get(partition) ?? 0) < end);
    if (!isBehind()) {
      return;
    }
    const groupId = `faults-observer-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const consumer = kafkaClient(this.#brokers).consumer({ groupId });
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [onBroker(topic)], fromBeginning: true });
      const done = Promise.withResolvers<void>();
      const timer = setTimeout(() => done.reject(new Error(`${topic} could not be read to its end`)), READ_WITHIN_MS);
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || done.reject(payload.error));
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const message of batch.messages) {
            this.#add(`${topic}/${batch.partition}`, message);
          }
          if (!isBehind()) {
            done.resolve();
          }
        },
      });
      for (const [partition, offset] of this.#next) {
        if (partition.startsWith(`${topic}/`)) {
          consumer.seek({
            topic: onBroker(topic),
            partition: Number(partition.slice(topic.length + 1)),
            offset: String(offset),
          });
        }
      }
      await done.promise.finally(() => clearTimeout(timer));
    } finally {
      await consumer.disconnect();
    }
  }

  #add(partition: string, { offset, key, value, headers }: kafkajs.KafkaMessage): void {
    if (Number(offset) < (this.#next.get(partition) ?? 0)) {
      return;
    }
    this.#next.set(partition, Number(offset) + 1);
    const header = (name: string) => headers?.[name]?.toString() ?? '';
    const stage = header('stage');
    const letter: ObservedLetter = {
      code: header('error-code'),
      stage,
      content: stage === 'ingest' ? hash('md5', value ?? Buffer.from('null'), 'hex') : idIn(value),
      isTruncated: header('truncated') !== '',
    };
    const name = key?.toString() ?? `without key at ${partition}/${offset}`;
    const known = this.letters.get(name);
    if (known !== undefined && (known.code !== letter.code || known.content !== letter.content)) {
      this.contradictions.push(name);
    }
    this.letters.set(name, letter);
  }
}

/** The identity of a normalised event: its own id, or the one that the generator put into a sample's tags. */
function idIn(value: Buffer | null): string {
  try {
    const event = JSON.parse((value ?? Buffer.from('{}')).toString()) as { event_id?: string; tags?: { e?: string } };
    return event.event_id ?? event.tags?.e ?? '';
  } catch {
    return 'no JSON';
  }
}
