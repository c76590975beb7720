import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { CsvReader, type CsvRecord } from './reader.ts';

function read(text: string, delimiter = ',', chunk = text.length || 1): CsvRecord[] {
  const reader = new CsvReader(delimiter);
  const records: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += chunk) {
    records.push(...reader.push(text.slice(at, at + chunk)));
  }
  return [...records, ...reader.end()];
}

const cell = fc.string({ unit: fc.constantFrom('a', '7', ' ', '"', ',', ';', '\n', 'é', '😀'), maxLength: 6 });
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 8 });
const quote = (text: string): string => (/[",\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text);

describe('CSV reader', () => {
  it('reads what was written, whatever the chunks and line ends, as csv-parse does', () => {
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 9 }), (rows, lineEnd, chunk) => {
        const text = rows.map((row) => row.map(quote).join(',') + lineEnd).join('');
        const cells = read(text, ',', chunk).map((record) => ('cells' in record ? record.cells : record));
        expect(cells).toEqual(rows);
        expect(cells).toEqual(parse(text, { relax_column_count: true, record_delimiter: lineEnd }));
      }),
    );
  });

  it('reports a bad line with its number and goes on after it', () => {
    const text = ['a,b', '"x"y,1', '2,3', '"never closed,4', '5,6', '7"8,9'].join('\n');
    expect(read(text)).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, problem: 'text follows the closing quote of cell 1' },
      { line: 3, cells: ['2', '3'] },
      { line: 4, problem: 'a quote is opened and never closed' },
      { line: 5, cells: ['5', '6'] },
      { line: 6, cells: ['7"8', '9'] },
    ]);
  });

  it('gives an open quote up after fifty lines and loses no line behind it', () => {
    const numbers = Array.from({ length: 200 }, (_, index) => `${index},x`);
    const records = read(['"open,1', ...numbers].join('\n'), ',', 64);
    expect(records[0]).toEqual({ line: 1, problem: 'a quote is opened and never closed' });
    expect(records.slice(1).map((record) => record.line)).toEqual(numbers.map((_, index) => index + 2));
  });

  it('passes over blank lines, counts them, and needs no line break at the end', () => {
    expect(read('a;b\n\n\r\n1;2', ';')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 4, cells: ['1', '2'] },
    ]);
    expect(read('')).toEqual([]);
  });

  it('refuses a line that was not UTF-8', () => {
    const text = new TextDecoder().decode(Buffer.from('a,b\n\xb5m,1\nnm,2', 'latin1'));
    expect(read(text)).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, problem: expect.stringContaining('not UTF-8') },
      { line: 3, cells: ['nm', '2'] },
    ]);
  });

  it('refuses a file without line breaks before it fills the memory', () => {
    const reader = new CsvReader(',');
    const megabyte = 'x'.repeat(1024 * 1024);
    expect(() => {
      for (let i = 0; i < 6; i++) {
        reader.push(megabyte);
      }
    }).toThrow('line 1 has more than');
  });
});
