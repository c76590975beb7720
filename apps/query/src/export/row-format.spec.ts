import { anyCharacter } from '@chip/contracts/testing';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { textWriter } from './row-format.ts';

describe('CSV', () => {
  const { head, rows } = textWriter('csv', ['a', 'b', 'c']);

  it('names the columns, quotes where needed, and distinguishes null from empty text', () => {
    expect(head).toBe('a,b,c\r\n');
    expect(rows([{ a: 'x,y', b: null, c: '' }])).toBe('"x,y",,""\r\n');
    expect(rows([{ a: 'say "hi"', b: 'two\nlines', c: 0.1 }])).toBe('"say ""hi""","two\nlines",0.1\r\n');
    expect(rows([{ a: { k: 'v' }, b: false, c: undefined }])).toBe('"{""k"":""v""}",false,\r\n');
  });

  it.each([`=cmd|' /C calc'!A0`, '+1+1', '-2+3', '@SUM(A1)', '\t=1', '\r=1'])(
    'keeps a spreadsheet from running the text %j',
    (text) => {
      const [cells] = parse(String(rows([{ a: text, b: -1.5, c: 'x=1' }]))) as string[][];
      expect(cells).toEqual([`'${text}`, '-1.5', 'x=1']);
      const raw = textWriter('csv', ['a'], { isRaw: true });
      expect((parse(String(raw.rows([{ a: text }]))) as string[][])[0]).toEqual([text]);
    },
  );

  it('begins with a byte order mark only when asked to, and NDJSON never does', () => {
    const marked = textWriter('csv', ['a', 'b'], { hasMark: true });
    expect(Buffer.from(String(marked.head) + String(marked.rows([{ a: 'ü', b: 1 }]))).subarray(0, 4)).toEqual(
      Buffer.from([0xef, 0xbb, 0xbf, 0x61]),
    );
    expect(head).toMatch(/^a,/);
    expect(textWriter('ndjson', ['a'], { hasMark: true }).head).toBe('');
  });

  it('can be read back by another parser, for any text', () => {
    const writer = textWriter('csv', ['a', 'b', 'c'], { isRaw: true });
    const text = fc.string({ unit: anyCharacter });
    fc.assert(
      fc.property(fc.array(fc.record({ a: text, b: text, c: text })), (rows) => {
        const parsed: unknown = parse(String(writer.head) + String(writer.rows(rows)), {
          columns: true,
          recordDelimiter: '\r\n',
        });
        expect(parsed).toEqual(rows);
      }),
      { numRuns: 50 },
    );
  });
});

it('NDJSON is one JSON object per line', () => {
  const { head, rows } = textWriter('ndjson', ['a']);
  expect(String(head) + String(rows([{ a: 'two\nlines', b: null }, { a: 1 }]))).toBe(
    '{"a":"two\\nlines","b":null}\n{"a":1}\n',
  );
});
