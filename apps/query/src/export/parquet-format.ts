import { constants, zstdCompressSync } from 'node:zlib';
import { type TextRow } from '@chip/persistence';
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { type ColumnKind, type ColumnValues, columnWriter, kindOf } from './columns.ts';
import { type RowWriter } from './row-format.ts';

const TYPES: Readonly<Record<ColumnKind, Omit<SchemaElement, 'name'>>> = {
  time: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' } },
  double: { type: 'DOUBLE' },
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
};

/** The library writes 64-bit integers from bigints. */
const valuesOf = (values: ColumnValues, kind: ColumnKind): unknown[] =>
  kind === 'time' ? values.map((micros) => (micros === null ? null : BigInt(micros))) : (values as unknown[]);

/** In C, at its fastest: the library's own Snappy, in JavaScript, takes a third of the time of a file that is larger. */
const zstd = (page: Uint8Array): Uint8Array =>
  zstdCompressSync(page, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });

/** Gives away what was written so far; offsets in the file go on. */
class DrainedWriter extends ByteWriter {
  drain(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

/** Writes rows as a Parquet file, a row group at a time. */
export function parquetWriter(names: readonly string[]): RowWriter<TextRow> {
  const bytes = new DrainedWriter(1024 * 1024);
  const columns = names.map((name) => ({ name, kind: kindOf(name) }));
  const elements = columns.map(({ name, kind }): SchemaElement => ({
    name,
    repetition_type: 'OPTIONAL',
    ...TYPES[kind],
  }));
  const schema = [{ name: 'root', num_children: names.length }, ...elements];
  const file = new ParquetWriter({
    writer: bytes,
    schema,
    createdBy: 'chip-quality',
    codec: 'ZSTD',
    compressors: { ZSTD: zstd },
  });
  return columnWriter(names.map(kindOf), {
    head: new Uint8Array(),
    group: (values, rows) => {
      const columnData = columns.map(({ name, kind }, i) => ({
        name,
        data: valuesOf(values[i]!, kind),
        // Readers skip groups by time. Bounds of the other columns would span nearly everything, and are expensive.
        statistics: kind === 'time',
      }));
      void file.write({ columnData, rowGroupSize: rows });
      return bytes.drain();
    },
    end: () => {
      // Until here they were texts, because the library would stringify the values of JSON columns.
      elements.forEach((element, i) => {
        if (columns[i]!.kind === 'json') {
          element.converted_type = 'JSON';
        }
      });
      void file.finish();
      return bytes.drain();
    },
  });
}
