/** What tables and dead letters must hold, made from the log of acknowledgements alone. */
import { hash } from 'node:crypto';
import { readLines, type Acknowledgement, type Line, type Tolerance } from './acknowledgements.ts';
import {
  lotOf,
  recordAt,
  recordsPerCase,
  streamName,
  topicOf,
  type Element,
  type InspectionEvent,
  type Kind,
  type Origin,
  type Sample,
} from './generator.ts';
import { digestOf } from './publisher.ts';
import { addTo, type Sums } from './sums.ts';

/** Sequence numbers of a stream that share a bucket. */
export const recordsPerBucket = 500;

export const letterKey = (kind: Kind, partition: number, offset: number, place: number | undefined): string =>
  `${topicOf[kind]}/${partition}/${offset}${place === undefined ? '' : `/${place}`}`;

export interface ExpectedLetter {
  readonly code: string;
  /** Of stage ingest: MD5 of the refused bytes; of stage writer: the event's id, since its text is normalised. */
  readonly content: string;
}

/** What the ledger of one partition has to say. */
export interface ExpectedPartition {
  readonly topic: string;
  readonly partition: number;
  endOffset: number;
  records: number;
  elements: number;
  duplicates: number;
}

interface OpenCase {
  readonly lot: string;
  readonly partition: number;
  seen: number;
  readonly events: { readonly event: InspectionEvent; readonly offset: number }[];
}

export const inspectionTables = ['events', 'attempts', 'inspections', 'measurements', 'defects'] as const;
export type InspectionTable = (typeof inspectionTables)[number];

export class Expectation {
  readonly samples: Sums = new Map();
  readonly letters = new Map<string, ExpectedLetter>();
  readonly partitions = new Map<string, ExpectedPartition>();
  /** The generator disagrees with its own log. */
  readonly faults: string[] = [];
  readonly tolerances: Tolerance[] = [];
  readonly #inspections: Record<InspectionTable, Sums> = emptyTables();
  readonly #open = new Map<string, OpenCase>();
  readonly #batches = new Map<string, Acknowledgement[]>();
  #origin: Origin | undefined;
  #readTo = 0;
  #elements = 0;

  /** Goes on reading the log where the last call ended. */
  readLog(path: string): void {
    const { lines, toByte } = readLines(path, this.#readTo);
    this.#readTo = toByte;
    lines.forEach((line) => this.add(line));
  }

  add(line: Line): void {
    if ('origin' in line) {
      this.#origin = line.origin;
    } else if ('tolerated' in line) {
      this.tolerances.push(line.tolerated);
    } else {
      this.#addBatch(line.acknowledged);
    }
  }

  /** Acknowledged elements: samples, inspection events, refused ones of both. */
  get elements(): number {
    return this.#elements;
  }

  /** Sums per lot of each table that inspections go to, those of unfinished cases included. */
  inspections(): Record<InspectionTable, Sums> {
    const tables = emptyTables();
    for (const name of inspectionTables) {
      this.#inspections[name].forEach((sum, bucket) => tables[name].set(bucket, { ...sum }));
    }
    this.#open.forEach((open) => addCase(tables, open));
    return tables;
  }

  /** The element of a letter's key; undefined when nothing acknowledged has this place. */
  find(key: string): { element: Element; bucket: string; acknowledged: Acknowledgement } | undefined {
    const match = /^([^/]+)\/(\d+)\/(\d+)(?:\/(\d+))?$/.exec(key);
    const kind =
      match?.[1] === topicOf.telemetry ? 'telemetry' : match?.[1] === topicOf.inspection ? 'inspection' : null;
    if (!match || kind === null || this.#origin === undefined) {
      return undefined;
    }
    const offset = Number(match[3]);
    const place = match[4] === undefined ? undefined : Number(match[4]);
    const acknowledged = this.#batches
      .get(`${kind}/${match[2]}`)
      ?.findLast((batch) => batch.offset <= offset && offset < batch.offset + batch.count);
    if (acknowledged === undefined) {
      return undefined;
    }
    const sequence = acknowledged.sequence + offset - acknowledged.offset;
    const record = recordAt(this.#origin, acknowledged, sequence, acknowledged.mood);
    const element = record.elements.find((one) => one.place === place);
    return element && { element, bucket: bucketOf(acknowledged, sequence), acknowledged };
  }

  /** The samples of a bucket by id, made again, for naming the first differences. */
  samplesOf(bucket: string): Map<string, string> {
    const texts = new Map<string, string>();
    for (const batches of this.#batches.values()) {
      for (const batch of batches.filter(({ kind }) => kind === 'telemetry')) {
        for (let sequence = batch.sequence; sequence < batch.sequence + batch.count; sequence += 1) {
          if (bucketOf(batch, sequence) === bucket) {
            for (const { sample } of recordAt(this.#origin as Origin, batch, sequence, batch.mood).elements) {
              if (sample !== undefined) {
                texts.set(sample.tags['e'] as string, sampleText(sample));
              }
            }
          }
        }
      }
    }
    return texts;
  }

  #addBatch(batch: Acknowledgement): void {
    const origin = this.#origin as Origin;
    const records = Array.from({ length: batch.count }, (_, i) =>
      recordAt(origin, batch, batch.sequence + i, batch.mood),
    );
    if (digestOf(records) !== batch.digest) {
      this.faults.push(`the batch at ${topicOf[batch.kind]}/${batch.partition}/${batch.offset} cannot be made again`);
    }
    const partitionKey = `${batch.kind}/${batch.partition}`;
    const partition = this.partitions.get(partitionKey) ?? {
      topic: topicOf[batch.kind],
      partition: batch.partition,
      endOffset: 0,
      records: 0,
      elements: 0,
      duplicates: 0,
    };
    this.partitions.set(partitionKey, partition);
    if (batch.offset !== partition.endOffset) {
      this.faults.push(
        `${partition.topic}/${batch.partition}: acknowledged at ${batch.offset}, the last one ended at ${partition.endOffset}`,
      );
    }
    partition.endOffset = batch.offset + batch.count;
    partition.records += batch.count;
    const batches = this.#batches.get(partitionKey) ?? [];
    batches.push(batch);
    this.#batches.set(partitionKey, batches);

    records.forEach((record, i) => {
      for (const element of record.elements) {
        this.#elements += 1;
        partition.elements += 1;
        this.#addElement(batch, batch.sequence + i, batch.offset + i, element);
        if (element.isDuplicate) {
          partition.duplicates += 1;
        }
      }
      if (batch.kind === 'inspection' && batch.mood === 'ordinary') {
        this.#addToCase(batch, batch.sequence + i, batch.offset + i, record.elements[0] as Element);
      }
    });
  }

  #addElement(batch: Acknowledgement, sequence: number, offset: number, element: Element): void {
    if (element.refused !== undefined) {
      const { code, stage, bytes } = element.refused;
      this.letters.set(letterKey(batch.kind, batch.partition, offset, element.place), {
        code,
        content: stage === 'ingest' ? hash('md5', bytes ?? Buffer.from('null'), 'hex') : eventIdIn(bytes),
      });
    } else if (element.sample !== undefined) {
      addTo(this.samples, bucketOf(batch, sequence), sampleText(element.sample));
    }
  }

  #addToCase(batch: Acknowledgement, sequence: number, offset: number, element: Element): void {
    const key = `${batch.partition}/${Math.floor(sequence / recordsPerCase)}`;
    const open = this.#open.get(key) ?? {
      lot: lotOf(batch, sequence),
      partition: batch.partition,
      seen: 0,
      events: [],
    };
    open.seen += 1;
    if (element.event !== undefined && !element.isDuplicate) {
      open.events.push({ event: element.event, offset });
    }
    if (open.seen < recordsPerCase) {
      this.#open.set(key, open);
    } else {
      this.#open.delete(key);
      addCase(this.#inspections, open);
    }
  }
}

export const bucketOf = (batch: Acknowledgement, sequence: number): string =>
  `${streamName(batch, batch.mood)}:${Math.floor(sequence / recordsPerBucket)}`;

const emptyTables = (): Record<InspectionTable, Sums> => ({
  events: new Map(),
  attempts: new Map(),
  inspections: new Map(),
  measurements: new Map(),
  defects: new Map(),
});

const eventIdIn = (bytes: Buffer | null): string =>
  (JSON.parse((bytes ?? Buffer.from('{}')).toString()) as { event_id?: string }).event_id ?? '';

// --- the text of each row, as the SQL of observation.ts gives it ------------------------------------------------------

export function sampleText(sample: Sample): string {
  const tags =
    sample.vendor_note === undefined ? sample.tags : { ...sample.tags, _extra: { vendor_note: sample.vendor_note } };
  return [
    microsecondsOf(sample.time),
    sample.service_name,
    sample.metric_name,
    bitsOf(sample.metric_value),
    jsonbText(tags),
    sample.host ?? '~',
  ].join('|');
}

function addCase(tables: Record<InspectionTable, Sums>, { lot, partition, events }: OpenCase): void {
  const inspections = new Map<string, InspectionEvent[]>();
  for (const { event, offset } of events) {
    const unit = `${lot}|${event.chip_id}|${event.inspection_type}`;
    inspections.set(unit, [...(inspections.get(unit) ?? []), event]);
    addTo(tables.events, lot, `${unit}|${event.event_id}|${attemptKeyOf(event)}|${partition}|${offset}`);
    for (const { name, value, unit: unitOfValue } of event.measurements ?? []) {
      const bits = value === null ? '~' : bitsOf(value);
      addTo(
        tables.measurements,
        lot,
        `${event.event_id}|${microsecondsOf(event.occurred_at)}|${name}|${bits}|${unitOfValue}`,
      );
    }
    event.defects?.forEach((defect, i) =>
      addTo(
        tables.defects,
        lot,
        `${event.event_id}|${i + 1}|${defect.class}|${bitsOf(defect.x_um)}|${bitsOf(defect.y_um)}`,
      ),
    );
  }
  for (const [unit, ofUnit] of inspections) {
    const attempts = Map.groupBy(ofUnit, attemptKeyOf);
    for (const [key, ofAttempt] of attempts) {
      const ids = ofAttempt.map(({ event_id }) => event_id).sort();
      addTo(tables.attempts, lot, `${unit}|${key}|${decisiveText(decisiveOf(ofAttempt))}|${ids.join(',')}`);
    }
    // The current row shows the latest attempt that has a result, else the latest.
    const decisive = [...attempts.values()].map(decisiveOf);
    const withResult = decisive.filter(({ result }) => result !== undefined);
    const current = latestOf(withResult.length > 0 ? withResult : decisive);
    addTo(tables.inspections, lot, `${unit}|${attemptKeyOf(current)}|${decisiveText(current)}`);
  }
}

const attemptKeyOf = ({ attempt, run_id, event_id }: InspectionEvent): string =>
  attempt !== undefined ? `a:${attempt}` : run_id !== undefined ? `r:${run_id}` : `e:${event_id}`;

const decisiveOf = (events: readonly InspectionEvent[]): InspectionEvent =>
  events.find(({ status }) => status === 'completed') ?? (events[0] as InspectionEvent);

const latestOf = (events: readonly InspectionEvent[]): InspectionEvent =>
  events.reduce((latest, event) => (event.occurred_at > latest.occurred_at ? event : latest));

const decisiveText = (event: InspectionEvent): string =>
  [
    event.status,
    event.result ?? '~',
    microsecondsOf(event.occurred_at),
    event.equipment_id ?? '~',
    event.hard_bin ?? '~',
  ].join('|');

function microsecondsOf(time: string): string {
  return `${Date.parse(`${time.slice(0, 23)}Z`)}${time.slice(23, 26)}`;
}

/** The exact bits, because two programs need not print a float alike. */
function bitsOf(value: number): string {
  const bits = Buffer.allocUnsafe(8);
  bits.writeDoubleBE(value);
  return bits.toString('hex');
}

/** As jsonb prints it: shorter keys first, then by bytes. Enough for the values that the generator makes. */
function jsonbText(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const keys = Object.keys(value).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return `{${keys.map((key) => `${JSON.stringify(key)}: ${jsonbText((value as Record<string, unknown>)[key])}`).join(', ')}}`;
}
