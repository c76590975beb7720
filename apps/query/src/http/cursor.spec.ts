import { describe, expect, it } from '@jest/globals';
import { formatTime } from '@chip/contracts';
import fc from 'fast-check';
import { decodeCursor, encodeCursor, readPage } from './cursor.ts';
import { Problem } from './problem.error.ts';

const position = fc.record({
  time: fc
    .integer({ min: Date.UTC(1000, 0, 1) * 1000, max: Date.UTC(2255, 0, 1) * 1000 })
    .map((microseconds) => formatTime(microseconds)),
  id: fc.uuid(),
});

describe('cursor', () => {
  it('decodes to the position that it encodes', () => {
    fc.assert(fc.property(position, (place) => expect(decodeCursor(encodeCursor(place))).toEqual(place)));
  });

  it.each([
    ['1000-01-01T00:00:00.000001Z', '1000-01-01T00:00:00.000001Z'],
    ['2026-03-02T08:00:00Z', '2026-03-02T08:00:00.000000Z'],
    ['2300-01-01T00:00:00.12Z', '2300-01-01T00:00:00.120000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  ])('names the place of the last item, to the microsecond: %s', async (stored, time) => {
    const id = '0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11';
    const items = async () => [stored, stored];
    const { next_cursor } = await readPage({ limit: 1 }, items, (item) => ({ time: item, id }));
    expect(decodeCursor(next_cursor!)).toEqual({ time, id });
  });

  it('is safe in a URL without escaping', () => {
    fc.assert(fc.property(position, (place) => expect(encodeCursor(place)).toMatch(/^[A-Za-z0-9_-]{1,200}$/)));
  });

  it('refuses any other text as a 400', () => {
    const refused = (text: string): boolean => {
      try {
        decodeCursor(text);
        return false;
      } catch (error) {
        return error instanceof Problem && error.status === 400 && error.code === 'invalid_cursor';
      }
    };
    fc.assert(fc.property(fc.string(), refused));
    fc.assert(
      fc.property(position, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (place, at, character) => {
        const cursor = encodeCursor(place);
        const changed = cursor.slice(0, at % cursor.length) + character + cursor.slice((at % cursor.length) + 1);
        // A changed letter may still encode a position, but then it is exactly the text of that position.
        if (refused(changed)) {
          return true;
        }
        return encodeCursor(decodeCursor(changed)) === changed;
      }),
    );
  });
});
