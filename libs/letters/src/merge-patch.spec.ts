import { describe, expect, it } from '@jest/globals';
import { laidOut, mergePatch, readExactly } from './merge-patch.ts';

describe('merge patch', () => {
  // The examples of RFC 7396, appendix A.
  it.each<[unknown, unknown, unknown]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j patched with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  it('a field called __proto__ is data', () => {
    const patched = mergePatch(JSON.parse('{"a":1}'), JSON.parse('{"__proto__":{"b":1}}'));
    expect(JSON.stringify(patched)).toBe('{"a":1,"__proto__":{"b":1}}');
    expect(({} as { b?: number }).b).toBeUndefined();
  });

  it('numbers keep their digits', () => {
    const text = '{"a":1.10,"b":12345678901234567890,"c":[1e2,-0],"d":0.5}';
    expect(JSON.stringify(mergePatch(readExactly(text), { e: 1 }))).toBe(`${text.slice(0, -1)},"e":1}`);
  });

  it('is laid out with the same digits, and only where it is JSON', () => {
    expect(laidOut('{"a":1.10,"b":[12345678901234567890]}')).toBe(
      '{\n  "a": 1.10,\n  "b": [\n    12345678901234567890\n  ]\n}',
    );
    expect([laidOut('{"a":'), laidOut('['.repeat(200_000))]).toEqual([undefined, undefined]);
  });
});
