import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { type TextRow } from '@chip/persistence';
import { parquetWriter } from './parquet-format.ts';

const COLUMNS = ['time', 'name', 'value', 'die_x', 'defect_count', 'metadata'];
const write = (batches: readonly TextRow[][]): { file: ArrayBuffer; largestPart: number } => {
  const writer = parquetWriter(COLUMNS);
  const parts = [...batches.map((batch) => writer.rows(batch)), writer.end()] as Uint8Array[];
  const { buffer } = Uint8Array.from(Buffer.concat(parts));
  return { file: buffer, largestPart: Math.max(...parts.map(({ length }) => length)) };
};
const groupsOf = (file: ArrayBuffer): number[] =>
  parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows));
/** With times as the file has them: a Date would drop their microseconds. */
const read = (file: ArrayBuffer): Promise<Record<string, unknown>[]> =>
  parquetReadObjects({
    file,
    compressors: { ZSTD: (page) => zstdDecompressSync(page) },
    parsers: { timestampFromMicroseconds: (micros: bigint) => micros } as never,
  });

describe('Parquet', () => {
  it('keeps microseconds, doubles, negative integers, JSON and null', async () => {
    const { file } = write([
      [
        [
          '2008-07-19 11:55:00.123456+00',
          'ü "x",\n=1',
          '0.30000000000000004',
          '-7',
          '9007199254740993',
          '{"a": [1, null]}',
        ],
        ['1969-12-31 23:59:59.999999+00', '', null, null, null, null],
      ],
    ]);
    expect(await read(file)).toEqual([
      {
        time: 1216468500123456n,
        name: 'ü "x",\n=1',
        value: 0.30000000000000004,
        die_x: -7,
        defect_count: 9007199254740993n,
        metadata: { a: [1, null] },
      },
      { time: -1n, name: '', value: null, die_x: null, defect_count: null, metadata: null },
    ]);
  });

  it('is a valid file without rows', async () => {
    const { file } = write([[]]);
    expect(await read(file)).toEqual([]);
    expect(
      parquetMetadata(file)
        .schema.slice(1)
        .map(({ name }) => name),
    ).toEqual(COLUMNS);
  });

  it('gives away each group of rows, so that no part grows with the file', async () => {
    const rowOf = (n: number): TextRow => ['2026-03-02 08:00:00+00', `n${n % 5}`, String(n / 7), String(n), null, null];
    const batches = Array.from({ length: 40 }, (_, b) => Array.from({ length: 1000 }, (_, i) => rowOf(b * 1000 + i)));
    const { file, largestPart } = write(batches);
    expect(groupsOf(file)).toEqual([8192, 8192, 8192, 8192, 7232]);
    expect(largestPart).toBeLessThan(file.byteLength / 3);
    const rows = await read(file);
    expect(rows.map(({ die_x }) => die_x)).toEqual(Array.from({ length: 40_000 }, (_, n) => n));
    expect(rows.every(({ value }, n) => value === n / 7)).toBe(true);
  });

  it('ends a group early when its texts are long, so that memory stays bounded', () => {
    const metadata = JSON.stringify('x'.repeat(1024 * 1024));
    const { file } = write([Array.from({ length: 20 }, () => [null, null, null, null, null, metadata])]);
    expect(groupsOf(file)).toEqual([8, 8, 4]);
  });
});
