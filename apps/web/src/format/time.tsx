/** Times in the plant's time zone, with UTC beside them. */
import { type JSX } from 'preact';
import { settings } from '../settings/settings.ts';
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

/** `2026-11-27 06:12:03` in a zone: sortable, and the same in every language. */
export function inZone(at: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', { ...FIELDS, timeZone }).formatToParts(new Date(at));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
}

/** The short name of a zone at a time, such as CET. */
const zoneName = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'short' })
    .formatToParts(new Date(at))
    .find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;

export function Time({ at }: { at: string | null | undefined }): JSX.Element {
  const { timeZone } = settings.value;
  if (at == null) {
    return <span>{NOTHING}</span>;
  }
  const utc = inZone(at, 'UTC');
  return (
    <time dateTime={at} class="time">
      {inZone(at, timeZone)}
      {timeZone === 'UTC' ? (
        <small> UTC</small>
      ) : (
        <small>
          {' '}
          {zoneName(at, timeZone)} · {utc.slice(0, 10) === inZone(at, timeZone).slice(0, 10) ? utc.slice(11) : utc} UTC
        </small>
      )}
    </time>
  );
}
