/** How values of PostgreSQL become JavaScript values. */
import pg from 'pg';

/**
 * How values of PostgreSQL arrive in JavaScript, on every connection of this library:
 *
 * | type | as | why |
 * |---|---|---|
 * | timestamptz | RFC 3339 text in UTC, microseconds kept (`2026-01-20T10:30:00.123456Z`) | a Date loses the microseconds, and so ties and cursors |
 * | date, timestamp | the server's text | they have no zone |
 * | bigint | number; beyond 2^53 the query fails | a silently rounded offset is worse: ask for `::text` where it can happen |
 * | numeric | number | sums of bigint and averages; ask for `::text` where more than 15 digits matter |
 * | json, jsonb | parsed | |
 * | arrays of these | arrays of the same | |
 */
export const pgTypes = new pg.TypeOverrides();

const { arrayParser, builtins } = pg.types as typeof pg.types & {
  arrayParser: { create(source: string, parse: (text: string) => unknown): { parse(): unknown[] } };
};

/** @throws RangeError when the value is not a safe integer */
export function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`bigint ${text} does not fit a number: select it as text`);
  }
  return value;
}

/** @param text the server's ISO output in any session zone; `infinity` and years before 1 stay unchanged */
export function parseTimestamptz(text: string): string {
  if (text.length <= 29 && text.endsWith('+00')) {
    return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;
  }
  const parts = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(\.\d{1,6})?([+-])(\d{2})(?::(\d{2}))?(?::(\d{2}))?$/.exec(
    text,
  );
  if (!parts) {
    return text;
  }
  const [, date, time, fraction = '', sign, hours, minutes = '0', seconds = '0'] = parts;
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1000 : 1000);
  const utc = new Date(Date.parse(`${date}T${time}Z`) - offset).toISOString();
  return `${utc.slice(0, 19)}${fraction}Z`;
}

const { INT8, NUMERIC, TIMESTAMPTZ, TIMESTAMP, DATE } = builtins;
const SCALARS: [oid: number, arrayOid: number, parse: (text: string) => unknown][] = [
  [INT8, 1016, parseBigint],
  [NUMERIC, 1231, Number],
  [TIMESTAMPTZ, 1185, parseTimestamptz],
  [TIMESTAMP, 1115, String],
  [DATE, 1182, String],
];
for (const [oid, arrayOid, parse] of SCALARS) {
  pgTypes.setTypeParser(oid, parse);
  pgTypes.setTypeParser(arrayOid, (text) => arrayParser.create(text, parse).parse());
}

/** Values as the server writes them, except for timestamptz, which is as in {@link pgTypes}. */
export const textTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number) => (oid === TIMESTAMPTZ ? parseTimestamptz : String)) as typeof pg.types.getTypeParser,
};
