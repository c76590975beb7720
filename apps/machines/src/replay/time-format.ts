import { formatTime, parseTime } from '@chip/contracts';

/** Reads the text of a cell as a time: RFC 3339 in UTC, or undefined if it does not have this format. */
export type TimeReader = (text: string) => string | undefined;

const TOKENS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour12>\\d{2})',
  h: '(?<hour12>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  SSS: '(?<fraction>\\d{1,9})',
  A: '(?<half>AM|PM|am|pm)',
};

export const TIME_FORMATS_HELP =
  'rfc3339 (with Z or an offset), epoch-s, epoch-ms, or a pattern of YYYY MM M DD D HH H hh h mm ss SSS A, read as UTC';

/**
 * @param format `rfc3339`, `epoch-s`, `epoch-ms`, or a pattern such as `DD/MM/YYYY HH:mm:ss`, in which anything but a
 * token is literal. Times of a pattern are UTC, since a file without a zone offers nothing better.
 * @returns undefined if the format itself is not valid
 */
export function timeReader(format: string): TimeReader | undefined {
  if (format === 'rfc3339') {
    return (text) => (Number.isNaN(parseTime(text)) ? undefined : text);
  }
  if (format === 'epoch-s') {
    return (text) => fromEpoch(text, 1_000_000);
  }
  if (format === 'epoch-ms') {
    return (text) => fromEpoch(text, 1000);
  }
  return patternReader(format);
}

function fromEpoch(text: string, microsecondsPerUnit: number): string | undefined {
  if (!/^\d{1,15}(\.\d+)?$/.test(text)) {
    return undefined;
  }
  const micros = Math.round(Number(text) * microsecondsPerUnit);
  // RFC 3339 ends with the year 9999.
  return micros < 253_402_300_800_000_000 ? formatTime(micros) : undefined;
}

function patternReader(pattern: string): TimeReader | undefined {
  const source = pattern.replace(/YYYY|MM|DD|HH|hh|mm|ss|SSS|M|D|H|h|A|[^A-Za-z0-9\s]|T/g, (part) => {
    return TOKENS[part] ?? part.replace(/[^\w\s]/, '\\$&');
  });
  let expression: RegExp;
  try {
    expression = new RegExp(`^${source}$`);
  } catch {
    // The same token twice.
    return undefined;
  }
  for (const needed of ['year', 'month', 'day']) {
    if (!source.includes(`(?<${needed}>`)) {
      return undefined;
    }
  }
  if (source.includes('(?<hour12>') !== source.includes('(?<half>')) {
    return undefined;
  }

  return (text) => {
    const groups = expression.exec(text)?.groups;
    if (groups === undefined) {
      return undefined;
    }
    const two = (value: string | undefined): string => (value ?? '0').padStart(2, '0');
    let hour = two(groups['hour']);
    if (groups['hour12'] !== undefined) {
      const hour12 = Number(groups['hour12']);
      if (hour12 < 1 || hour12 > 12) {
        return undefined;
      }
      hour = two(String((hour12 % 12) + (groups['half']?.toLowerCase() === 'pm' ? 12 : 0)));
    }
    const fraction = groups['fraction'] === undefined ? '' : `.${groups['fraction']}`;
    const time =
      `${groups['year']}-${two(groups['month'])}-${two(groups['day'])}` +
      `T${hour}:${two(groups['minute'])}:${two(groups['second'])}${fraction}Z`;
    // The contract's own reader checks the calendar (30 February, 24:00).
    return Number.isNaN(parseTime(time)) ? undefined : time;
  };
}
