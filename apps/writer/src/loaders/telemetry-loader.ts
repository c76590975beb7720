import { type Block, decodeCopyRow, encodeCopyRow, placeOf, rowsOf } from '@chip/contracts';
import { DatabaseError, type LoadSession } from '@chip/persistence';
import type { Loaded, Loader } from './loader.ts';
import { type RefusedElement, rejectionDetail } from './refused-element.ts';

const SAMPLE_COLUMNS = ['time', 'service_name', 'metric_name', 'metric_value', 'tags', 'host'];
const DELTA_COLUMNS = [
  'bucket',
  'service_name',
  'metric_name',
  'host',
  'sum_value',
  'sample_count',
  'min_value',
  'max_value',
];
/** Rows of one COPY while looking for refused rows: what a COPY sends behind its bad row is wasted. */
const SEARCH_ROWS = 1000;
const NEWLINE = 10;
const HOUR_MS = 3_600_000;

/** One payload line and where it came from. */
interface Line {
  readonly bytes: Buffer;
  readonly offset: number;
  readonly place: number | undefined;
}

function* linesOf(block: Block): Generator<Line> {
  let at = 0;
  for (const event of block.index)
    for (let nth = 0; nth < rowsOf(event); nth++) {
      const end = block.payload.indexOf(NEWLINE, at) + 1;
      yield { bytes: block.payload.subarray(at, end), offset: event.offset, place: placeOf(event, nth) };
      at = end;
    }
}

/** Roll-up deltas of rows, for a block that is not applied whole: ingest's own deltas count all of its rows. */
export function deltasOf(lines: Iterable<Buffer>): Buffer {
  const deltas = new Map<string, { fields: [string, string | null, string | null, string | null]; values: number[] }>();
  for (const line of lines) {
    const [time, service, metric, value, , host] = decodeCopyRow(line.toString());
    const ms = Date.parse(time!);
    const bucket = new Date(ms - (((ms % HOUR_MS) + HOUR_MS) % HOUR_MS)).toISOString();
    const key = JSON.stringify([bucket, service, metric, host]);
    const delta = deltas.get(key);
    if (delta) delta.values.push(Number(value));
    else deltas.set(key, { fields: [bucket, service!, metric!, host!], values: [Number(value)] });
  }
  let text = '';
  for (const { fields, values } of deltas.values()) {
    let [sum, min, max] = [0, Infinity, -Infinity];
    for (const value of values) {
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    text += encodeCopyRow([...fields, sum, values.length, min, max]);
  }
  return Buffer.from(text);
}

const refusedLine = (line: Line, error: DatabaseError): RefusedElement => {
  const [time, service_name, metric_name, value, tags, host] = decodeCopyRow(line.bytes.toString());
  return {
    sourceOffset: line.offset,
    place: line.place,
    refusal: { code: 'database_rejected', detail: rejectionDetail(error) },
    normalised: {
      ...tagsAsSent(tags!),
      time,
      service_name,
      metric_name,
      metric_value: Number(value),
      ...(host === null ? {} : { host }),
    },
  };
};

/** Unknown fields go back to where the machine had them: in `tags` the contract would refuse them. */
const tagsAsSent = (text: string | null): Record<string, unknown> => {
  if (text === null) return {};
  const { _extra: extra, ...tags } = JSON.parse(text) as Record<string, unknown>;
  const isExtra = typeof extra === 'object' && extra !== null;
  return { ...(isExtra ? extra : {}), tags: isExtra || extra === undefined ? tags : { ...tags, _extra: extra } };
};

/** Telemetry: the payload is COPY text already and goes straight into the hypertable. */
export class TelemetryLoader implements Loader {
  readonly #blocks: readonly Block[];
  /** COPY input; the payloads as they came, until an element is excluded. */
  #chunks: Buffer[];
  #deltas: Buffer[] | undefined;
  #lines: Line[] | undefined;
  #rows: number;

  constructor(blocks: readonly Block[]) {
    this.#blocks = blocks;
    this.#chunks = blocks.map((block) => block.payload);
    this.#rows = blocks.reduce((sum, block) => sum + block.index.reduce((rows, event) => rows + rowsOf(event), 0), 0);
  }

  get elements(): number {
    return this.#rows;
  }

  async load(session: LoadSession): Promise<Loaded> {
    if (this.#rows === 0) return { applied: 0, duplicates: 0, rows: 0 };
    const rows = await session.copy('system_metrics', SAMPLE_COLUMNS, this.#chunks);
    this.#deltas ??= this.#blocks.map(
      (block) => block.deltas ?? deltasOf([...linesOf(block)].map((line) => line.bytes)),
    );
    await session.copy('metrics_delta', DELTA_COLUMNS, this.#deltas);
    return { applied: rows, duplicates: 0, rows };
  }

  async findRefused(session: LoadSession, limit: number): Promise<readonly RefusedElement[]> {
    const lines = (this.#lines ??= this.#blocks.flatMap((block) => [...linesOf(block)]));
    const refused: RefusedElement[] = [];
    await session.query('SAVEPOINT search');
    // Rows before a bad one are known to be good: each row of the search is sent about once.
    for (let from = 0; from < lines.length && refused.length <= limit;) {
      const part = lines.slice(from, from + SEARCH_ROWS);
      try {
        await session.copy('system_metrics', SAMPLE_COLUMNS, [Buffer.concat(part.map((line) => line.bytes))]);
        from += part.length;
      } catch (error) {
        const bad =
          error instanceof DatabaseError && error.kind === 'data' && error.copyLine !== undefined
            ? part[error.copyLine - 1]
            : undefined;
        if (bad === undefined) throw error;
        refused.push(refusedLine(bad, error as DatabaseError));
        from += (error as DatabaseError).copyLine!;
      }
      await session.query('ROLLBACK TO SAVEPOINT search');
    }
    return refused;
  }

  exclude(refused: readonly RefusedElement[]): void {
    const keys = new Set(refused.map((element) => `${element.sourceOffset}/${element.place}`));
    const lines = this.#lines ?? this.#blocks.flatMap((block) => [...linesOf(block)]);
    this.#lines = lines.filter((line) => !keys.has(`${line.offset}/${line.place}`));
    this.#rows = this.#lines.length;
    const bytes = this.#lines.map((line) => line.bytes);
    this.#chunks = [Buffer.concat(bytes)];
    this.#deltas = [deltasOf(bytes)];
  }
}
