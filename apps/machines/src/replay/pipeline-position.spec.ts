import { describe, expect, it } from '@jest/globals';
import { partitionsBehind } from './pipeline-position.ts';

describe('pipeline position', () => {
  const partitions = [
    { topic: 'one', partition: 0, next_offset: 10, state: 'running' },
    { topic: 'one', partition: 1, next_offset: 4, state: 'gap' },
    { topic: 'two', partition: 2, next_offset: 99, state: 'running' },
  ];

  it('names the partitions of the topic that have not passed the end, and why', () => {
    const ends = new Map([
      [0, 10],
      [1, 6],
      [2, 3],
    ]);
    expect(partitionsBehind(partitions, 'one', ends)).toEqual([
      { partition: 1, missing: 2, state: 'gap' },
      { partition: 2, missing: 3, state: 'nothing applied yet' },
    ]);
  });

  it('names none when all have, or nothing was published', () => {
    expect(partitionsBehind(partitions, 'one', new Map([[0, 9]]))).toEqual([]);
    expect(partitionsBehind([], 'one', new Map())).toEqual([]);
  });
});
