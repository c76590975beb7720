import { parseTime } from '@chip/contracts';
import { type BasicType, ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { type ExportRow, type RowWriter } from './row-format.ts';

/** Rows of one row group: encoding more at once would hold up other requests, fewer would pack worse. */
const GROUP_ROWS = 8192;

/** How the columns of exports are stored; all others are text. Times keep their microseconds. */
const TYPES: Readonly<Record<string, 'time' | Extract<BasicType, 'DOUBLE' | 'INT32' | 'INT64' | 'JSON'>>> = {
  time: 'time',
  created_at: 'time',
  updated_at: 'time',
  ingested_at: 'time',
  occurred_at: 'time',
  started_at: 'time',
  completed_at: 'time',
  value: 'DOUBLE',
  lower_limit: 'DOUBLE',
  upper_limit: 'DOUBLE',
  metric_value: 'DOUBLE',
  inspected_area_cm2: 'DOUBLE',
  priority: 'INT32',
  die_x: 'INT32',
  die_y: 'INT32',
  hard_bin: 'INT32',
  soft_bin: 'INT32',
  defect_count: 'INT64',
  measurement_count: 'INT64',
  metadata: 'JSON',
  tags: 'JSON',
};

function elementOf(name: string): SchemaElement {
  const nullable = { name, repetition_type: 'OPTIONAL' } as const;
  switch (TYPES[name]) {
    case 'time':
      return { ...nullable, type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } };
    case 'JSON':
      return { ...nullable, type: 'BYTE_ARRAY', converted_type: 'JSON' };
    case undefined:
      return { ...nullable, type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    default:
      return { ...nullable, type: TYPES[name] };
  }
}

function storedValue(name: string, value: unknown): unknown {
  if (value === null || value === undefined) {
    return null;
  }
  switch (TYPES[name]) {
    case 'time':
      return BigInt(parseTime(value));
    case 'INT64':
      return BigInt(value as number);
    default:
      return value;
  }
}

/** Gives away what was written so far; offsets in the file go on. */
class DrainedWriter extends ByteWriter {
  drain(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

/** Writes rows as a Parquet file, a row group at a time, so that memory does not grow with the file. */
export function parquetWriter(columns: readonly string[]): RowWriter {
  const bytes = new DrainedWriter(1024 * 1024);
  const schema = [{ name: 'root', num_children: columns.length }, ...columns.map(elementOf)];
  const file = new ParquetWriter({ writer: bytes, schema, createdBy: 'chip-quality' });
  let waiting: ExportRow[] = [];
  const writeGroup = (): void => {
    const columnData = columns.map((name) => ({ name, data: waiting.map((row) => storedValue(name, row[name])) }));
    void file.write({ columnData, rowGroupSize: GROUP_ROWS });
    waiting = [];
  };
  return {
    head: '',
    rows: (batch) => {
      for (const row of batch) {
        waiting.push(row);
        if (waiting.length === GROUP_ROWS) {
          writeGroup();
        }
      }
      return bytes.drain();
    },
    end: () => {
      if (waiting.length > 0) {
        writeGroup();
      }
      void file.finish();
      return bytes.drain();
    },
  };
}
