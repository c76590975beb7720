/** JSON as read: numbers keep the digits they were written with. */
type Json = null | boolean | string | number | object;

interface SourceContext {
  readonly source?: string;
}
const rawJson = (JSON as unknown as { rawJSON(text: string): object }).rawJSON;
const parseExactly = JSON.parse as unknown as (
  text: string,
  reviver: (key: string, value: unknown, context: SourceContext) => unknown,
) => Json;

/** Parses JSON so that `JSON.stringify` writes every number back with the same digits (`1.10`, integers above 2^53). */
export const readExactly = (text: string): Json =>
  parseExactly(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJson(source) : value,
  );

const isRawJson = (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON;

/** The text of a number that {@link readExactly} kept by its digits; undefined for any other value. */
export const exactNumber = (value: unknown): string | undefined =>
  isRawJson(value) ? (value as { rawJSON: string }).rawJSON : undefined;

/** A JSON object, to which a patch applies; neither an array nor a number kept by its digits. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value);

/**
 * JSON merge patch (RFC 7396): fields of `patch` replace those of `target`, null removes a field, objects are merged,
 * arrays are replaced whole. Changes neither argument. `__proto__` is a field like any other.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) {
    return patch;
  }
  const result = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      result.delete(name);
    } else {
      result.set(name, mergePatch(result.get(name), value));
    }
  }
  return Object.fromEntries(result);
}

/** JSON text with a line for each member, numbers with the digits they were written with; undefined for other text. */
export function laidOut(text: string): string | undefined {
  try {
    return JSON.stringify(readExactly(text), null, 2);
  } catch {
    // Not JSON, or nested deeper than the stack.
    return undefined;
  }
}
