import { exactNumber } from '@chip/letters';

/** The limit for events, so that every reader of events can read what the API stores. */
const MAX_DEPTH = 32;

/**
 * States why PostgreSQL cannot store a JSON value, or undefined: NUL or lone surrogates in a text, a number that became
 * infinite and would be written as null, or deeper nesting than events may have. Walks with a stack of its own, because a
 * body may nest deeper than the call stack.
 */
export function jsonProblem(value: unknown): string | undefined {
  const rest: { value: unknown; depth: number }[] = [{ value, depth: 1 }];
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    const { value: current, depth } = item;
    const digits = exactNumber(current);
    if (digits !== undefined) {
      if (!isStorableNumber(digits)) {
        return 'expected numbers that a double can hold';
      }
      continue;
    }
    if (typeof current === 'string' && !isStorable(current)) {
      return 'expected text without NUL and lone surrogates';
    }
    if (typeof current === 'number' && !Number.isFinite(current)) {
      return 'expected numbers that a double can hold';
    }
    if (typeof current !== 'object' || current === null) {
      continue;
    }
    if (depth > MAX_DEPTH) {
      return `expected at most ${MAX_DEPTH} levels`;
    }
    for (const [key, member] of Object.entries(current)) {
      if (!isStorable(key)) {
        return 'expected names without NUL and lone surrogates';
      }
      rest.push({ value: member, depth: depth + 1 });
    }
  }
  return undefined;
}

/** Whether PostgreSQL can store the text. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

const MAX_DIGITS = 1_000;
const MAX_EXPONENT = 400;

/** Whether the number fits into a `numeric`, as jsonb stores it, and its magnitude into a double. */
const isStorableNumber = (text: string): boolean =>
  text.length <= MAX_DIGITS &&
  Number.isFinite(Number(text)) &&
  Math.abs(Number(/e([+-]?\d+)$/i.exec(text)?.[1] ?? 0)) <= MAX_EXPONENT;
