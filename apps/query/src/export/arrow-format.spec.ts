import { describe, expect, it } from '@jest/globals';
import { type TextRow } from '@chip/persistence';
import { type Table, tableFromIPC } from 'apache-arrow';
import { arrowWriter } from './arrow-format.ts';

const COLUMNS = ['time', 'name', 'value', 'die_x', 'defect_count', 'metadata'];
const write = (batches: readonly TextRow[][]): Table => {
  const writer = arrowWriter(COLUMNS);
  const parts = [writer.head, ...batches.map((batch) => writer.rows(batch)), writer.end()] as Uint8Array[];
  return tableFromIPC(Buffer.concat(parts));
};
const valuesOf = (table: Table, column: string): unknown[] => [...table.getChild(column)!];

describe('Arrow', () => {
  it('keeps microseconds, doubles, negative and large integers, any text, JSON and null', () => {
    const table = write([
      [
        ['2008-07-19 11:55:00.123456+00', 'ü', '0.30000000000000004', '-7', '9007199254740993', '{"a": [1, null]}'],
        ['1969-12-31 23:59:59.999999+00', '', null, null, null, null],
        [null, null, 'NaN', '2147483647', '0', '"€"'],
      ],
    ]);
    expect(table.schema.fields.map(({ name, type }) => `${name} ${String(type)}`)).toEqual([
      'time Timestamp<MICROSECOND, UTC>',
      'name Utf8',
      'value Float64',
      'die_x Int32',
      'defect_count Int64',
      'metadata Utf8',
    ]);
    expect(table.schema.fields.at(-1)!.metadata.get('ARROW:extension:name')).toBe('arrow.json');
    expect(table.batches[0]!.data.children[0]!.values).toEqual(BigInt64Array.of(1216468500123456n, -1n, 0n));
    expect(valuesOf(table, 'time')[2]).toBeNull();
    expect(valuesOf(table, 'name')).toEqual(['ü', '', null]);
    expect(valuesOf(table, 'value')).toEqual([0.30000000000000004, null, NaN]);
    expect(valuesOf(table, 'die_x')).toEqual([-7, null, 2147483647]);
    expect(valuesOf(table, 'defect_count')).toEqual([9007199254740993n, null, 0n]);
    expect(valuesOf(table, 'metadata')).toEqual(['{"a": [1, null]}', null, '"€"']);
  });

  it('is a valid stream without rows', () => {
    const table = write([]);
    expect([table.numRows, table.schema.names]).toEqual([0, COLUMNS]);
  });

  it('gives away a record batch for each group of rows', () => {
    const rows = Array.from({ length: 20_000 }, (_, n): TextRow => [null, `n${n % 5}`, null, String(n), null, null]);
    const table = write([rows.slice(0, 5000), rows.slice(5000)]);
    expect(table.batches.map(({ numRows }) => numRows)).toEqual([8192, 8192, 3616]);
    expect(valuesOf(table, 'die_x')).toEqual(rows.map((_, n) => n));
    expect(valuesOf(table, 'name')).toEqual(rows.map(([, name]) => name));
  });
});
