import { expect, it } from '@jest/globals';
import { encodeBatch } from './encode-batch.ts';
import { areHeadersCut, RecordSet, type StoredBatch } from './record-set.ts';

it.each([
  ['names of their own', Object.fromEntries(Array.from({ length: 200_001 }, (_, i) => [`h${i}`, 'x'])), 200_000],
  ['one name', { h: Array<string>(200_001).fill('x') }, 200_000],
  ['as many as are read', { h: Array<string>(200_000).fill('x') }, 200_000],
])('reads a bounded number of headers: %s', async (_, headers, expected) => {
  const { records: bytes } = await encodeBatch(
    [
      { value: 'first', headers },
      { value: 'second', headers: { a: '1' } },
    ],
    'none',
    0,
  );
  const batch: StoredBatch = {
    firstOffset: 7,
    lastOffset: 8,
    count: 2,
    firstTimestamp: 0,
    appendTimestamp: 1,
    producerId: -1n,
    isTransactional: false,
    isControl: false,
    bytes,
  };
  const [first, second] = new RecordSet([batch], 7);
  expect(Object.values(first!.headers).flat()).toHaveLength(expected);
  expect(areHeadersCut(first!.headers)).toBe(Object.values(headers).flat().length > expected);
  expect([String(second!.value), String(second!.headers['a']), areHeadersCut(second!.headers)]).toEqual([
    'second',
    '1',
    false,
  ]);
});
