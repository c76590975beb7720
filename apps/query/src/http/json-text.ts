import { type Steps } from '@chip/quality';

/** Elements of a list that are written in one step: a few milliseconds. */
const ELEMENTS_AT_A_TIME = 2_000;
/** Levels at which answers have long lists, counted from the answer itself. */
const LEVELS = 4;

/** Whether a value holds a list that takes more than one step to write. */
export function isLong(value: unknown, levels = LEVELS): value is object {
  if (levels === 0 || typeof value !== 'object' || value === null || 'toJSON' in value) {
    return false;
  }
  return Array.isArray(value)
    ? value.length > ELEMENTS_AT_A_TIME
    : Object.values(value).some((member) => isLong(member, levels - 1));
}

/** Writes what `JSON.stringify` writes, in steps. */
export function* jsonSteps(value: unknown): Steps<string> {
  if (!isLong(value)) {
    // undefined where there is nothing to write, whatever its type says.
    return JSON.stringify(value) as string;
  }
  const pieces: string[] = [];
  if (Array.isArray(value)) {
    for (let first = 0; first < value.length; first += ELEMENTS_AT_A_TIME) {
      if (first > 0) {
        yield;
      }
      pieces.push(JSON.stringify(value.slice(first, first + ELEMENTS_AT_A_TIME)).slice(1, -1));
    }
    return `[${pieces.join(',')}]`;
  }
  for (const [name, member] of Object.entries(value)) {
    const text = (yield* jsonSteps(member)) as string | undefined;
    if (text !== undefined) {
      pieces.push(`${JSON.stringify(name)}:${text}`);
      if (isLong(member)) {
        yield;
      }
    }
  }
  return `{${pieces.join(',')}}`;
}
