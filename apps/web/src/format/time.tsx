/** Times in the plant's time zone, with UTC beside them. */
import { type JSX } from 'preact';
import { settings } from '../settings/settings.ts';
import { keptFormats } from './kept-formats.ts';
import { NOTHING } from './numbers.ts';

const FIELDS: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
};

const formatOf = keptFormats(
  (language, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, options),
);

const partsOf = (at: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatPart[] =>
  formatOf('en', options).formatToParts(new Date(at));

/** `2026-11-27 06:12:03` in a zone: sortable, and the same in every language. */
export function inZone(at: string, timeZone: string): string {
  const parts = partsOf(at, { ...FIELDS, timeZone });
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
}

/** The short name of a zone at a time, such as CET. */
const zoneName = (at: string, timeZone: string): string =>
  partsOf(at, { timeZone, timeZoneName: 'short' }).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;

export function Time({ at }: { at: string | null | undefined }): JSX.Element {
  const { timeZone } = settings.value;
  if (at == null) {
    return <span>{NOTHING}</span>;
  }
  const [local, utc] = [inZone(at, timeZone), inZone(at, 'UTC')];
  return (
    <time dateTime={at} class="time">
      {local}
      {timeZone === 'UTC' ? (
        <small> UTC</small>
      ) : (
        <small>
          {' '}
          {zoneName(at, timeZone)} · {utc.slice(0, 10) === local.slice(0, 10) ? utc.slice(11) : utc} UTC
        </small>
      )}
    </time>
  );
}
