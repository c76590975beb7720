/**
 * Times of the contract: RFC 3339 with `Z` or an offset up to 14:00, a real calendar date, no 24:00:00 and no leap
 * second, at most 9 fractional digits of which 6 are kept. A time is a number of microseconds since 1970, which a
 * double holds exactly until the year 2255.
 */
export const EARLIEST_TIME_US = Date.UTC(2000, 0, 1) * 1000;
/** The last millisecond that a time of four digits for the year can name; ISO text of later ones begins with a sign. */
export const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** How far a machine's clock may be ahead of the record timestamp, which the broker sets. */
export const CLOCK_AHEAD_US = 10 * 60 * 1_000_000;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const digitsAt = (text: string, at: number, count: number): number => {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) {
      return NaN;
    }
    value = value * 10 + digit;
  }
  return value;
};

/** Microseconds since 1970, or NaN when the value is not text of such a time. */
export function parseTime(text: unknown): number {
  if (typeof text !== 'string') {
    return NaN;
  }
  const length = text.length;
  if (length < 20 || length > 35) {
    return NaN;
  }
  const year = digitsAt(text, 0, 4);
  const month = digitsAt(text, 5, 2);
  const day = digitsAt(text, 8, 2);
  const hour = digitsAt(text, 11, 2);
  const minute = digitsAt(text, 14, 2);
  const second = digitsAt(text, 17, 2);
  const tee = text.charCodeAt(10);
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    (tee !== 84 && tee !== 116) ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  ) {
    return NaN;
  }
  if (!(month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59 && day >= 1)) {
    return NaN;
  }
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > DAYS_IN_MONTH[month - 1]! + (leap && month === 2 ? 1 : 0)) {
    return NaN;
  }

  let at = 19;
  let micros = 0;
  if (text.charCodeAt(at) === 46) {
    let scale = 100_000;
    let digits = 0;
    for (at++; at < length; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) {
        break;
      }
      digits++;
      if (digits <= 6) {
        micros += digit * scale;
      }
      scale /= 10;
    }
    if (digits === 0 || digits > 9) {
      return NaN;
    }
  }

  let offsetMinutes = 0;
  const zone = text.charCodeAt(at);
  if (zone === 90 || zone === 122) {
    if (at + 1 !== length) {
      return NaN;
    }
  } else if (zone === 43 || zone === 45) {
    if (at + 6 !== length || text.charCodeAt(at + 3) !== 58) {
      return NaN;
    }
    const hours = digitsAt(text, at + 1, 2);
    const minutes = digitsAt(text, at + 4, 2);
    if (!(minutes <= 59 && hours * 60 + minutes <= 14 * 60)) {
      return NaN;
    }
    offsetMinutes = (hours * 60 + minutes) * (zone === 43 ? 1 : -1);
  } else {
    return NaN;
  }

  // Date.UTC reads years 0..99 as 1900..1999; they are outside every window anyway.
  return (Date.UTC(year, month - 1, day, hour, minute, second) - offsetMinutes * 60_000) * 1000 + micros;
}

/** Whether a text such as `2026-01-20` is a day of the calendar; `Date.parse` accepts 30 February. */
export const isDay = (text: string): boolean => text.length === 10 && !Number.isNaN(parseTime(`${text}T00:00:00Z`));

/** RFC 3339 in UTC with exactly six fractional digits. All texts have equal width, so they sort as their times do. */
export function formatTime(microseconds: number): string {
  const ms = Math.floor(microseconds / 1000);
  const rest = microseconds - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${rest === 0 ? '000' : String(rest).padStart(3, '0')}Z`;
}

/**
 * UTC text with all six digits of its fraction, of which PostgreSQL leaves out zeros at the end. From the text itself, so it is
 * exact in every year.
 */
export const withSixDigits = (utc: string): string => `${utc.slice(0, 19)}.${utc.slice(20, -1).padEnd(6, '0')}Z`;

/** Whether a machine can have meant this time, judged by the record timestamp and never by our own clock. */
export const isTimePlausible = (timeUs: number, recordTimestampMs: number): boolean =>
  timeUs >= EARLIEST_TIME_US && timeUs <= recordTimestampMs * 1000 + CLOCK_AHEAD_US;
