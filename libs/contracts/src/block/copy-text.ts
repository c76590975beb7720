/**
 * PostgreSQL's COPY text format: one line per row, fields separated by tabs, `\N` for null, and backslash escapes for the
 * four bytes that have a meaning of their own. https://www.postgresql.org/docs/current/sql-copy.html
 */

/** A field that is null. */
export const COPY_NULL = '\\N';

const SPECIAL = /[\\\t\n\r]/;
const ALL_SPECIAL = /[\\\t\n\r]/g;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/**
 * @param value text without NUL and without lone surrogates (PostgreSQL stores neither)
 * @returns the field; nearly every value comes back unchanged after one scan
 */
export function encodeCopyText(value: string): string {
  return SPECIAL.test(value) ? value.replace(ALL_SPECIAL, (character) => ESCAPES[character] as string) : value;
}

/** A value of a field. The caller turns dates and objects into text, because only it knows the column's type. */
export type CopyValue = string | number | bigint | boolean | null | undefined;

/** @returns the field; null and undefined are `\N` */
export function encodeCopyField(value: CopyValue): string {
  if (value === null || value === undefined) {
    return COPY_NULL;
  }
  if (typeof value === 'string') {
    return encodeCopyText(value);
  }
  if (typeof value === 'boolean') {
    return value ? 't' : 'f';
  }
  return String(value);
}

/** @returns one row with its line end */
export function encodeCopyRow(values: readonly CopyValue[]): string {
  let line = '';
  for (let index = 0; index < values.length; index++) {
    line += index === 0 ? encodeCopyField(values[index]) : `\t${encodeCopyField(values[index])}`;
  }
  return `${line}\n`;
}

const UNESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** @returns the text of a field, or null; the inverse of {@link encodeCopyField} for text */
export function decodeCopyField(field: string): string | null {
  if (field === COPY_NULL) {
    return null;
  }
  if (!field.includes('\\')) {
    return field;
  }
  return field.replace(/\\([\s\S])/g, (_, character: string) => UNESCAPES[character] ?? character);
}

/** @param line one row, with or without its line end */
export function decodeCopyRow(line: string): (string | null)[] {
  const end = line.endsWith('\n') ? line.length - 1 : line.length;
  return line.slice(0, end).split('\t').map(decodeCopyField);
}
