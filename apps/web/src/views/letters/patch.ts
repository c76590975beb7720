interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context?: { source?: string }) => unknown): unknown;
  rawJSON?(text: string): object;
  isRawJSON?(value: unknown): boolean;
}
const exact = JSON as unknown as ExactJson;

/**
 * Reads a patch; null if it is not a JSON object, undefined if there is none. Its numbers keep the digits that were typed
 * (`1.10`, integers above 2^53), unless the browser is too old for that.
 */
export function patchOf(text: string): Record<string, unknown> | undefined | null {
  if (text.trim() === '') {
    return undefined;
  }
  try {
    const patch = exact.parse(text, (_key, value, context) =>
      typeof value === 'number' && context?.source !== undefined && exact.rawJSON && String(value) !== context.source
        ? exact.rawJSON(context.source)
        : value,
    );
    return typeof patch === 'object' && patch !== null && !Array.isArray(patch) && !exact.isRawJSON?.(patch)
      ? (patch as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
