import { describe, expect, it } from '@jest/globals';
import type { Letter } from './letter.ts';
import { refusedPlace } from './place.ts';

const placeIn = (value: Buffer | string | null, detail: string, more: Partial<Letter> = {}) => {
  const text = value?.toString() ?? '';
  const place = refusedPlace({
    key: 't/0/1',
    code: 'schema_violation',
    detail,
    value: value === null ? null : Buffer.from(value),
    ...more,
  } as Letter);
  return place && { ...place, text: text.slice(place.start, place.end) };
};

describe('the refused place', () => {
  it.each<[string, string, string, object | null]>([
    ['a value', '{"a":{"b":[1,"x"]}}', '/a/b/1: got a string', { pointer: '/a/b/1', text: '"x"', isMissing: false }],
    [
      'what should have it',
      '{"a":{"b":1}}',
      '/a/c: got nothing',
      { pointer: '/a/c', text: '{"b":1}', isMissing: true },
    ],
    ['the event', ' [1]', '(event): got an array of 1', { pointer: '', text: '[1]', isMissing: false }],
    ['an escaped name', '{"a/b":{"~":2}}', '/a~1b/~0: got', { pointer: '/a~1b/~0', text: '2', isMissing: false }],
    ['a name of digits', '{"0":{"1":true}}', '/0/1: got', { pointer: '/0/1', text: 'true', isMissing: false }],
    ['no place', '{"a":1}', 'the database refuses it', null],
  ])('is %s', (_, value, detail, expected) => {
    expect(placeIn(value, detail)).toEqual(expected && expect.objectContaining(expected));
  });

  it('of one element is counted from the element', () => {
    expect(placeIn('{"v":"x"}', '/7/v: got', { key: 't/0/1/7' })).toMatchObject({ pointer: '/v', text: '"x"' });
  });

  it('of text that is not JSON is where reading it fails', () => {
    const code = 'malformed_json' as const;
    expect(placeIn('{"a":1,}', 'got text that is not JSON', { code })).toMatchObject({ pointer: null, text: '}' });
    expect(placeIn('{"v":NaN}', 'got text that is not JSON', { code })).toMatchObject({ text: 'NaN' });
    expect(placeIn('{"a":', 'got text that is not JSON', { code })).toMatchObject({ text: ':' });
  });

  it('is not searched in bytes, in nothing, and in what nests deeper than a stack', () => {
    expect(placeIn(Buffer.from([0xff]), '/a: got')).toBeNull();
    expect(placeIn(null, '/a: got')).toBeNull();
    expect(placeIn('['.repeat(200_000), '(event): got')).toBeNull();
  });
});
