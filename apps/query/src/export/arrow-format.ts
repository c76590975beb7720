import { type TextRow } from '@chip/persistence';
import {
  type Data,
  type DataType,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Table,
  tableToIPC,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { type ColumnKind, type ColumnValue, type ColumnValues, columnWriter, kindOf } from './columns.ts';
import { type RowWriter } from './row-format.ts';

const TYPES: Readonly<Record<ColumnKind, DataType>> = {
  time: new TimestampMicrosecond('UTC'),
  double: new Float64(),
  int32: new Int32(),
  int64: new Int64(),
  json: new Utf8(),
  text: new Utf8(),
};
/** Marks JSON in the way that Arrow's canonical extension types prescribe. */
const JSON_METADATA = new Map([
  ['ARROW:extension:name', 'arrow.json'],
  ['ARROW:extension:metadata', ''],
]);

/** An end-of-stream marker: a continuation and a length of 0. */
const END_BYTES = 8;

/** Fills `array` with the values, 0 for null. */
function filled<Values extends { [index: number]: unknown }>(
  array: Values,
  values: ColumnValues,
  convert: (value: NonNullable<ColumnValue>) => Values[number],
): Values {
  values.forEach((value, i) => {
    if (value !== null) {
      array[i] = convert(value);
    }
  });
  return array;
}

function buffersOf(values: ColumnValues, kind: ColumnKind): object {
  const { length } = values;
  switch (kind) {
    case 'time':
    case 'int64':
      return { data: filled(new BigInt64Array(length), values, BigInt) };
    case 'int32':
      return { data: filled(new Int32Array(length), values, Number) };
    case 'double':
      return { data: filled(new Float64Array(length), values, Number) };
    case 'json':
    case 'text': {
      const texts = values as readonly (string | null)[];
      const all = texts.join('');
      const data = Buffer.from(all);
      const isAscii = data.length === all.length;
      const valueOffsets = new Int32Array(length + 1);
      texts.forEach((text, i) => {
        const bytes = text === null ? 0 : isAscii ? text.length : Buffer.byteLength(text);
        valueOffsets[i + 1] = valueOffsets[i]! + bytes;
      });
      return { data, valueOffsets };
    }
  }
}

function columnOf(values: ColumnValues, kind: ColumnKind): Data {
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  values.forEach((value, i) => {
    if (value === null) {
      nullCount++;
    } else {
      nullBitmap[i >> 3]! |= 1 << (i & 7);
    }
  });
  const validity = { length: values.length, nullCount, nullBitmap };
  return makeData({ type: TYPES[kind], ...validity, ...buffersOf(values, kind) } as Parameters<typeof makeData>[0]);
}

/** Writes rows as an Arrow IPC stream: its schema, a record batch for each group, an end. */
export function arrowWriter(names: readonly string[]): RowWriter<TextRow> {
  const kinds = names.map(kindOf);
  const schema = new Schema(
    names.map((name, i) => new Field(name, TYPES[kinds[i]!], true, kinds[i] === 'json' ? JSON_METADATA : undefined)),
  );
  const empty = tableToIPC(new Table(schema), 'stream');
  const head = empty.subarray(0, empty.length - END_BYTES);
  return columnWriter(kinds, {
    head,
    group: (columns, rows) => {
      const children = columns.map((column, i) => columnOf(column, kinds[i]!));
      const struct = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children });
      const stream = RecordBatchStreamWriter.writeAll([new RecordBatch(schema, struct)]).toUint8Array(true);
      // Each is a whole stream; between its schema and its end are the messages of the batch.
      return stream.subarray(head.length, stream.length - END_BYTES);
    },
    end: () => empty.subarray(empty.length - END_BYTES),
  });
}
