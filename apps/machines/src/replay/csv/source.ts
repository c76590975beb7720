import { readFile } from 'node:fs/promises';
import { type InspectionEvent, type MachineTopic, streamOf, type TelemetrySample } from '@chip/contracts';
import { InputError } from '@chip/service';
import { openSource } from '../source-file.ts';
import type { ReplayBatch, ReplaySource } from '../source.ts';
import { compileCsvMapping, type CsvMap, type CsvMapping } from './mapping.ts';
import { CsvReader, type CsvRecord } from './reader.ts';

/**
 * Any CSV file with a header line, plain or gzip.
 * @throws InputError if the file cannot be read, is empty, or the map does not fit its header
 */
export async function openCsv(file: string, delimiter: string, map: CsvMap): Promise<ReplaySource> {
  const source = await openSource(file);
  const chunks = csvRecords(source.text(), delimiter, file);
  const first = await chunks.next();
  const [header, ...firstRecords] = first.done === true ? [] : first.value;
  if (header === undefined) {
    throw new InputError(`${file} is empty`);
  }
  if ('problem' in header) {
    throw new InputError(`${file}, line ${header.line}: ${header.problem}`);
  }
  const mapping = compileCsvMapping(
    header.cells.map((name) => name.trim()),
    map,
  );
  const ignored = mapping.ignoredColumns;
  return {
    topic: mapping.topic,
    notes: [
      `rows become events of ${mapping.topic}`,
      ...(ignored.length === 0 ? [] : [`ignored columns: ${ignored.join(', ')}`]),
    ],
    get progress() {
      return source.sizeBytes === 0 ? 1 : source.bytesRead / source.sizeBytes;
    },
    async *batches() {
      if (firstRecords.length > 0) {
        yield toBatch(mapping, firstRecords);
      }
      for await (const records of chunks) {
        yield toBatch(mapping, records);
      }
    },
  };
}

/** Records chunk by chunk; never an empty list. */
async function* csvRecords(
  text: AsyncIterable<string>,
  delimiter: string,
  file: string,
): AsyncGenerator<CsvRecord[], void, void> {
  const reader = new CsvReader(delimiter);
  for await (const chunk of text) {
    let records: CsvRecord[];
    try {
      records = reader.push(chunk);
    } catch (cause) {
      throw new InputError(`${file} is not a CSV file: ${(cause as Error).message}`, { cause });
    }
    if (records.length > 0) {
      yield records;
    }
  }
  const records = reader.end();
  if (records.length > 0) {
    yield records;
  }
}

function toBatch(mapping: CsvMapping, records: readonly CsvRecord[]): ReplayBatch {
  const events: (TelemetrySample | InspectionEvent)[] = [];
  const problems: { line: number; problem: string }[] = [];
  for (const record of records) {
    const row = 'problem' in record ? record : mapping.toEvents(record.cells, record.line);
    if ('problem' in row) {
      problems.push({ line: record.line, problem: row.problem });
    } else if ('cells' in record && isTooLarge(mapping.topic, record.cells, row.events)) {
      problems.push({
        line: record.line,
        problem: `the event is larger than ${streamOf(mapping.topic)!.limits.eventBytes} bytes`,
      });
    } else {
      events.push(...row.events);
    }
  }
  return { recordsRead: records.length, events, problems };
}

/** Room for what Kafka adds to a record. */
const RECORD_OVERHEAD_BYTES = 4096;

/** Measures only long rows: serialising every event twice would cost a third of the speed. */
function isTooLarge(topic: MachineTopic, cells: readonly string[], events: readonly object[]): boolean {
  const most = streamOf(topic)!.limits.eventBytes - RECORD_OVERHEAD_BYTES;
  if (cells.reduce((length, cell) => length + cell.length, 0) < most / 16) {
    return false;
  }
  return events.some((event) => Buffer.byteLength(JSON.stringify(event)) > most);
}

/** @throws InputError */
export async function readMapFile(file: string): Promise<{ path: string; text: string }> {
  try {
    return { path: file, text: await readFile(file, 'utf8') };
  } catch (cause) {
    throw new InputError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
