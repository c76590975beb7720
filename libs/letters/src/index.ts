/** Dead letters read back, judged once more, patched and published again: what the command line and the API share. */
export { type Judge, judgeOf } from './judge.ts';
export { type Letter, type LetterFilter, letterOf, lettersOf } from './letter.ts';
export { type LetterPlace, lettersAt } from './letters-at.ts';
export { exactNumber, isJsonObject, laidOut, readExactly } from './merge-patch.ts';
export { indexLetters } from './letter-index.ts';
export { originOf } from './origin.ts';
export { type RefusedPlace, refusedPlace } from './place.ts';
export {
  DeadLetterReplay,
  type Passed,
  type ReplayOptions,
  type ReplayOutcome,
  type ReplayProgress,
} from './replay.ts';
