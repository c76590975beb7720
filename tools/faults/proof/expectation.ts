/** What tables and dead letters must hold, derived only from the log of acknowledgements. */
import { hash } from 'node:crypto';
import { readLines, type Acknowledgement, type Line, type Tolerance } from '../load/acknowledgements.ts';
import { recordAt } from '../load/generator.ts';
import { isOfCase, lotOf, RECORDS_PER_CASE } from '../load/inspection-records.ts';
import { streamName, topicOf, type Element, type Kind, type Origin } from '../load/stream.ts';
import { digestOf } from '../load/publisher.ts';
import {
  addCase,
  emptyTables,
  INSPECTION_TABLES,
  sampleText,
  type InspectionTable,
  type OpenCase,
} from './row-texts.ts';
import { addTo, type Sums } from './sums.ts';

/** Sequence numbers of a stream that share a bucket. */
export const RECORDS_PER_BUCKET = 500;

export const letterKey = (kind: Kind, partition: number, offset: number, place: number | undefined): string =>
  `${topicOf[kind]}/${partition}/${offset}${place === undefined ? '' : `/${place}`}`;

/** The key of a letter about a replaced topic, which `sealed` topics preceded. */
export const sealedKey = (sealed: number, key: string): string => `${sealed}:${key}`;

export interface ExpectedLetter {
  readonly code: string;
  /** Of stage ingest: MD5 of the refused bytes; of stage writer: the event's id, since its text is normalised. */
  readonly content: string;
}

/** The expected ledger of one partition. */
export interface ExpectedPartition {
  readonly topic: string;
  readonly partition: number;
  endOffset: number;
  /** Offsets between the acknowledged ones, and how many of them must exist. */
  holes: number;
  withdrawn: number;
  records: number;
  elements: number;
  duplicates: number;
}

/** What a letter's key points to. */
export interface Found {
  readonly element: Element;
  readonly bucket: string;
  readonly acknowledged: Acknowledgement;
  /** The database was allowed to reject it. */
  readonly isTolerated: boolean;
  /** Whether it belongs to the current topic; false: to one that was replaced. */
  readonly isCurrent: boolean;
}

export class Expectation {
  readonly samples: Sums = new Map();
  readonly letters = new Map<string, ExpectedLetter>();
  readonly partitions = new Map<string, ExpectedPartition>();
  /** The generator disagrees with its own log. */
  readonly faults: string[] = [];
  readonly #tolerances: (Tolerance & { readonly incarnation: number })[] = [];
  /** How often the topic of a kind has started over. */
  readonly #incarnations: Record<Kind, number> = { telemetry: 0, inspection: 0 };
  readonly #inspections: Record<InspectionTable, Sums> = emptyTables();
  readonly #open = new Map<string, OpenCase>();
  readonly #batches = new Map<string, Acknowledgement[]>();
  #origin: Origin | undefined;
  #readTo = 0;
  #elements = 0;

  /** Continues reading the log where the last call ended. */
  readLog(path: string): void {
    const { lines, toByte } = readLines(path, this.#readTo);
    this.#readTo = toByte;
    lines.forEach((line) => this.add(line));
  }

  add(line: Line): void {
    if ('origin' in line) {
      this.#origin = line.origin;
    } else if ('tolerated' in line) {
      this.#tolerances.push({ ...line.tolerated, incarnation: this.#incarnations.telemetry });
    } else if ('withdrawn' in line) {
      const { kind, partition, count } = line.withdrawn;
      this.#partition(kind, partition).withdrawn += count;
    } else if ('recreated' in line) {
      this.#startOver(line.recreated);
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
    for (const name of INSPECTION_TABLES) {
      this.#inspections[name].forEach((sum, bucket) => tables[name].set(bucket, { ...sum }));
    }
    this.#open.forEach((open) => addCase(tables, open));
    return tables;
  }

  /** The element of a letter's key; undefined if nothing acknowledged has this place. */
  find(key: string): Found | undefined {
    const match = /^(?:(\d+):)?([^/]+)\/(\d+)\/(\d+)(?:\/(\d+))?$/.exec(key);
    const kind = kindOf(match?.[2]);
    if (!match || kind === undefined || this.#origin === undefined) {
      return undefined;
    }
    const incarnation = Number(match[1] ?? this.#incarnations[kind]);
    const offset = Number(match[4]);
    const place = match[5] === undefined ? undefined : Number(match[5]);
    const acknowledged = this.#batches
      .get(`${incarnation}:${kind}/${match[3]}`)
      ?.findLast((batch) => batch.offset <= offset && offset < batch.offset + batch.count);
    if (acknowledged === undefined) {
      return undefined;
    }
    const sequence = acknowledged.sequence + offset - acknowledged.offset;
    const record = recordAt(this.#origin, acknowledged, sequence, acknowledged.mood);
    const element = record.elements.find((one) => one.place === place);
    const isTolerated = this.#tolerances.some(
      (tolerance) =>
        tolerance.incarnation === incarnation &&
        tolerance.partition === acknowledged.partition &&
        tolerance.from <= offset &&
        offset < tolerance.to,
    );
    const isCurrent = incarnation === this.#incarnations[kind];
    return element && { element, bucket: bucketOf(acknowledged, sequence), acknowledged, isTolerated, isCurrent };
  }

  /** The samples of a bucket by id, regenerated to name the first differences. */
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
    const partition = this.#partition(batch.kind, batch.partition);
    if (batch.offset < partition.endOffset) {
      this.faults.push(
        `${partition.topic}/${batch.partition}: acknowledged at ${batch.offset}, the last one ended at ${partition.endOffset}`,
      );
    }
    partition.holes += batch.offset - partition.endOffset;
    partition.endOffset = batch.offset + batch.count;
    partition.records += batch.count;
    const key = `${this.#incarnations[batch.kind]}:${batch.kind}/${batch.partition}`;
    const batches = this.#batches.get(key) ?? [];
    batches.push(batch);
    this.#batches.set(key, batches);

    records.forEach((record, i) => {
      for (const element of record.elements) {
        this.#elements += 1;
        partition.elements += 1;
        this.#addElement(batch, batch.sequence + i, batch.offset + i, element);
        if (element.isDuplicate) {
          partition.duplicates += 1;
        }
      }
      if (isOfCase(batch)) {
        this.#addToCase(batch, batch.sequence + i, batch.offset + i, record.elements[0] as Element);
      }
    });
  }

  #partition(kind: Kind, partition: number): ExpectedPartition {
    const key = `${kind}/${partition}`;
    const known = this.partitions.get(key);
    if (known !== undefined) {
      return known;
    }
    const counts = { endOffset: 0, holes: 0, withdrawn: 0, records: 0, elements: 0, duplicates: 0 };
    const fresh = { topic: topicOf[kind], partition, ...counts };
    this.partitions.set(key, fresh);
    return fresh;
  }

  /** The topic was replaced: its offsets and its ledger start over, what it brought stays. */
  #startOver(kind: Kind): void {
    const sealed = this.#incarnations[kind];
    for (const [key, letter] of [...this.letters]) {
      if (key.startsWith(`${topicOf[kind]}/`)) {
        this.letters.delete(key);
        this.letters.set(sealedKey(sealed, key), letter);
      }
    }
    for (const key of [...this.partitions.keys()].filter((name) => name.startsWith(`${kind}/`))) {
      this.partitions.delete(key);
    }
    this.#incarnations[kind] += 1;
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
    const key = `${batch.mood}/${batch.partition}/${Math.floor(sequence / RECORDS_PER_CASE)}`;
    const open = this.#open.get(key) ?? {
      lot: lotOf(batch, sequence, batch.mood),
      partition: batch.partition,
      seen: 0,
      events: [],
    };
    open.seen += 1;
    if (element.event !== undefined && !element.isDuplicate) {
      open.events.push({ event: element.event, offset });
    }
    if (open.seen < RECORDS_PER_CASE) {
      this.#open.set(key, open);
    } else {
      this.#open.delete(key);
      addCase(this.#inspections, open);
    }
  }
}

export const bucketOf = (batch: Acknowledgement, sequence: number): string =>
  `${streamName(batch, batch.mood)}:${Math.floor(sequence / RECORDS_PER_BUCKET)}`;

function kindOf(topic: string | undefined): Kind | undefined {
  return (['telemetry', 'inspection'] as const).find((kind) => topicOf[kind] === topic);
}

const eventIdIn = (bytes: Buffer | null): string =>
  (JSON.parse((bytes ?? Buffer.from('{}')).toString()) as { event_id?: string }).event_id ?? '';
