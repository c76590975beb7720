import { describe, expect, it } from '@jest/globals';
import { splitByBytes } from './producer.ts';

describe('splitByBytes', () => {
  const record = (bytes: number) => ({ key: 'k', value: Buffer.alloc(bytes) });

  it('keeps the order and loses nothing', () => {
    const records = [1, 500, 20, 700, 3].map(record);
    expect(splitByBytes(records, 800).flat()).toEqual(records);
  });

  it('closes a group before it would exceed the limit', () => {
    const groups = splitByBytes([400, 400, 400].map(record), 1_000);
    expect(groups.map((group) => group.length)).toEqual([2, 1]);
  });

  it('lets a record that is too large for any group travel alone', () => {
    expect(splitByBytes([10, 5_000, 10].map(record), 1_000).map((group) => group.length)).toEqual([1, 1, 1]);
  });

  it('counts headers and bytes, not characters', () => {
    const withHeader = { value: 'é'.repeat(100), headers: { reason: ['é'.repeat(100), Buffer.alloc(100)] } };
    expect(splitByBytes([withHeader, withHeader], 1_300)).toHaveLength(1);
    expect(splitByBytes([withHeader, withHeader], 1_100)).toHaveLength(2);
  });

  it('makes no group of no records', () => {
    expect(splitByBytes([], 1_000)).toEqual([]);
  });
});
