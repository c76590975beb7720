/** As events are limited, so that what the API stores can be read wherever an event can. */
const MAX_DEPTH = 32;

/**
 * What keeps a JSON value from being stored, or undefined: text that PostgreSQL has not (NUL), that is no Unicode (lone
 * surrogates), or deeper nesting than events may have. Walks with a stack of its own: a body may nest deeper than calls.
 */
export function jsonProblem(value: unknown): string | undefined {
  const rest: { value: unknown; depth: number }[] = [{ value, depth: 1 }];
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    const { value: current, depth } = item;
    if (typeof current === 'string' && !isStorable(current)) {
      return 'expected text without NUL and lone surrogates';
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

/** Whether PostgreSQL can hold the text. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
