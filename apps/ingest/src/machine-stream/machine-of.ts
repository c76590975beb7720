import { headerText, type RecordHeaders } from '@chip/classify';
import type { Stream } from '@chip/contracts';

/** A refused record need not be JSON, and may be large: the names stand near its beginning, if anywhere. */
const MAX_LOOK_BYTES = 4_096;
/** An unescaped string: a name with a quote in it is not worth a parser. */
const TEXT = String.raw`\s*:\s*"([^"\\]{1,100})"`;

const patterns = new Map<string, RegExp>();
const patternOf = (field: string): RegExp => {
  let pattern = patterns.get(field);
  if (pattern === undefined) {
    patterns.set(field, (pattern = new RegExp(`"${field}"${TEXT}`)));
  }
  return pattern;
};

/**
 * The machine that sent refused bytes, as far as they or their headers say; `unknown` otherwise. For metrics: a guess is
 * good enough, because the dead letter has the event itself.
 */
export function machineOf(
  { machineFields }: Pick<Stream, 'machineFields'>,
  value: Buffer | null,
  headers: RecordHeaders,
): string {
  const text = value?.subarray(0, MAX_LOOK_BYTES).toString() ?? '';
  for (const field of machineFields) {
    const [, name] = patternOf(field).exec(text) ?? [];
    if (name !== undefined) {
      return name;
    }
  }
  return headerText(headers, 'ce_source') || 'unknown';
}
