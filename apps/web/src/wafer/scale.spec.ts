import { describe, expect, it } from '@jest/globals';
import { shownOf, textOf } from './scale.ts';

describe('what a legend shows', () => {
  it.each([[['1', '2']], [['scratch, deep', 'pit']], [['']], [['', 'pit']], [['%', '100%', '%2C']]])(
    'comes back from the address: %j',
    (keys) => {
      const text = new URLSearchParams({ only: textOf(new Set(keys)) ?? '' }).toString();
      expect([...shownOf(new URLSearchParams(text).get('only') ?? undefined)]).toEqual(keys);
    },
  );

  it('is everything without a key', () => {
    expect([textOf(new Set()), shownOf(undefined).size, shownOf('').size]).toEqual([undefined, 0, 0]);
  });

  it('takes a key that is not encoded as it is', () => {
    expect([...shownOf('100%,a b')]).toEqual(['100%', 'a b']);
  });
});
