import { describe, expect, it } from '@jest/globals';
import { lendMemory, useMemory } from './lent-memory.ts';

const large = (): Buffer => Buffer.allocUnsafe(100_000).fill('x');

describe('lent memory', () => {
  it('goes back when its last user says so, and only then', () => {
    const response = lendMemory(large());
    const [one, two] = [response.subarray(0, 10), response.subarray(50_000)];
    const releaseFirst = useMemory([one, one.subarray(3)]);
    const releaseSecond = useMemory([two]);
    releaseFirst();
    expect(two.toString()).toBe('x'.repeat(50_000));
    releaseSecond();
    expect([response.length, one.length, two.length]).toEqual([0, 0, 0]);
  });

  it('stays while it was not lent, or is small and may be shared', () => {
    const own = large();
    // From Node's pool, which is as large as what may be lent.
    const small = lendMemory(Buffer.from('small'));
    useMemory([own, small])();
    expect(own.toString()).toBe('x'.repeat(100_000));
    expect(small.toString()).toBe('small');
  });
});
