import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { readJson, schemaRefusal } from './read-json.ts';

it('refuses a huge whole number also of a field that has no bound of its own', () => {
  const event = { count: 1e17 };
  const { error } = z.object({ count: z.int() }).safeParse(event);
  expect(schemaRefusal(error!, event)).toEqual({
    code: 'value_out_of_range',
    detail: '/count: got the number 100000000000000000, expected at most 9007199254740991',
  });
});

const NOT_JSON = 'got text that is not JSON from character';
const CUT = 'got JSON that ends too early, expected the whole text';
it.each([
  ['', 'got an empty value, expected JSON'],
  ['\ufeff{"a":1}', 'got a byte order mark, expected JSON'],
  ['{"a":1', CUT],
  ['{"a":', CUT],
  ['{"a":"b\\', CUT],
  ['[', CUT],
  ['{"a":NaN}', `${NOT_JSON} 6 on, expected JSON`],
  ['{"a":1}}', `${NOT_JSON} 8 on, expected JSON`],
  ['{"a":01}', `${NOT_JSON} 7 on, expected JSON`],
  ["{'a':1}", `${NOT_JSON} 2 on, expected JSON`],
  ['{"a":1 /* b */}', `${NOT_JSON} 8 on, expected JSON`],
  ['[1,]', `${NOT_JSON} 4 on, expected JSON`],
  ['{"a":"\n"}', `${NOT_JSON} 6 on, expected JSON`],
])('says where %j is not JSON, and quotes nothing', (text, detail) => {
  expect(readJson(Buffer.from(text), 1_000_000)).toEqual({ ok: false, refusal: { code: 'malformed_json', detail } });
});

it('finds the place in everything that is not JSON', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '}', 'x', '"', ',', '\0', '\\u', '0'),
      (json, place, added) => {
        const at = place % (json.length + 1);
        const text = json.slice(0, at) + added + json.slice(added === '' ? json.length : at);
        const read = readJson(Buffer.from(text), 1_000_000);
        if (!read.ok && text !== '' && read.refusal.code === 'malformed_json') {
          expect([CUT, ...Array.from(text, (_, i) => `${NOT_JSON} ${i + 1} on, expected JSON`)]).toContain(
            read.refusal.detail,
          );
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

it('finds none in text that nests too deep', () => {
  const detail = 'got text that is not JSON, expected JSON';
  const read = readJson(Buffer.from(`{"a":${'['.repeat(100_000)}`), 1_000_000);
  expect(read).toEqual({ ok: false, refusal: { code: 'malformed_json', detail } });
});
