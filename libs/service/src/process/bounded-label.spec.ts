import { describe, expect, it } from '@jest/globals';
import { BoundedLabel } from './bounded-label.ts';

describe('BoundedLabel', () => {
  it('keeps the first values and gives all further ones the same name', () => {
    const label = new BoundedLabel(2);
    expect(['a', 'b', 'c', 'a', 'd', 'b'].map((value) => label.of(value))).toEqual([
      'a',
      'b',
      'other',
      'a',
      'other',
      'b',
    ]);
  });

  it('cuts long values', () => {
    expect(new BoundedLabel(1).of('x'.repeat(1_000))).toHaveLength(100);
  });
});
