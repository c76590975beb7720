/** How values of PostgreSQL become JavaScript values. */
import { parseTime } from '@chip/contracts';
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

const ZERO = 48;
const digits2 = (text: string, at: number): number =>
  (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;
/** `2026-01-20 10:30:00+00`, and its fraction in at most six digits. */
const SECONDS_END = 19;
const LONGEST_UTC = 29;

/** The last day that was read, as a number of its digits, and its begin: neighbouring rows mostly share it. */
let knownDay = NaN;
let knownDayMicros = NaN;

/**
 * Microseconds since 1970 of a timestamptz, NaN for `infinity`. For millions of times: those in UTC become no text in between.
 *
 * @param text the server's ISO output in any session zone
 */
export function parseMicros(text: string): number {
  const end = text.length - 3;
  if (end < SECONDS_END || text.length > LONGEST_UTC || text.charCodeAt(4) !== 45 || !text.endsWith('+00')) {
    return parseTime(parseTimestamptz(text));
  }
  const year = digits2(text, 0) * 100 + digits2(text, 2);
  const [month, day] = [digits2(text, 5), digits2(text, 8)];
  const key = (year * 100 + month) * 100 + day;
  if (key !== knownDay) {
    knownDay = key;
    knownDayMicros = Date.parse(`${text.slice(0, 10)}T00:00:00Z`) * 1000;
  }
  let micros = (digits2(text, 11) * 60 + digits2(text, 14)) * 60 + digits2(text, 17);
  for (let digit = 0; digit < 6; digit++) {
    const at = SECONDS_END + 1 + digit;
    micros = micros * 10 + (at < end ? text.charCodeAt(at) - ZERO : 0);
  }
  return knownDayMicros + micros;
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

/** Values as the server writes them. */
export const textTypes: pg.CustomTypesConfig = {
  getTypeParser: (() => String) as unknown as typeof pg.types.getTypeParser,
};
