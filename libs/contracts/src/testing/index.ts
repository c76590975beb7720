import fc from 'fast-check';

/** Half characters (surrogates) are none: text cannot hold them alone. */
const [FIRST_HALF, HALVES] = [0xd800, 0x800];
const CHARACTERS = 0x110000 - HALVES;

function numberOf(character: unknown): number {
  const code = typeof character === 'string' ? (character.codePointAt(0) ?? 0) : 0;
  if (String.fromCodePoint(code) !== character) {
    throw new TypeError('not one character');
  }
  return code < FIRST_HALF ? code : code - HALVES;
}

/**
 * Draws any character: what fast-check's own unit 'binary' draws. That one looks up characters in a table that it fills
 * with all 1.1 million of them first, which takes longer than most tests.
 */
export const anyCharacter = fc
  .nat({ max: CHARACTERS - 1 })
  .map((number) => String.fromCodePoint(number < FIRST_HALF ? number : number + HALVES), numberOf);
