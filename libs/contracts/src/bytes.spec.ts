import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyBytes, sameBytes, viewOf } from './bytes.ts';

/** A part of some bytes, anywhere in them. */
const part = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40)).map(([bytes, one, other]) => ({
  // In a larger memory, as buffers mostly are.
  bytes: Buffer.concat([Buffer.from('before'), bytes]).subarray(6),
  from: Math.min(one, other, bytes.length),
  to: Math.min(Math.max(one, other), bytes.length),
}));

describe('sameBytes', () => {
  it('says what comparing one by one says', () => {
    fc.assert(
      fc.property(part, part, fc.boolean(), ({ bytes, from, to }, other, isCopy) => {
        const length = isCopy ? to - from : Math.min(to - from, other.to - other.from);
        const second = isCopy ? Buffer.concat([other.bytes, bytes.subarray(from, to)]) : other.bytes;
        const secondFrom = isCopy ? other.bytes.length : other.from;
        expect(sameBytes(viewOf(bytes), from, viewOf(second), secondFrom, length)).toBe(
          bytes.subarray(from, from + length).equals(second.subarray(secondFrom, secondFrom + length)),
        );
      }),
    );
  });

  it.each([0, 3, 4, 7, 8, 12])('sees a difference at place %i of 13', (place) => {
    const one = Buffer.from('2026-05-31T12');
    const other = Buffer.from(one);
    other[place] = other[place]! ^ 0x80;
    expect(sameBytes(viewOf(one), 0, viewOf(other), 0, 13)).toBe(false);
    expect(sameBytes(viewOf(one), 0, viewOf(one), 0, 13)).toBe(true);
  });
});

describe('copyBytes', () => {
  it('copies what it is told to, and nothing else', () => {
    fc.assert(
      fc.property(part, fc.nat(10), fc.nat(10), ({ bytes, from, to }, before, behind) => {
        const target = Buffer.alloc(before + to - from + behind, '.');
        expect(copyBytes(viewOf(bytes), from, to - from, viewOf(target), before)).toBe(before + to - from);
        const dots = (count: number): Buffer => Buffer.alloc(count, '.');
        expect(target).toEqual(Buffer.concat([dots(before), bytes.subarray(from, to), dots(behind)]));
      }),
    );
  });
});
