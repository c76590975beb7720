/** Numbers as the chosen language writes them. */
import { settings } from '../settings/settings.ts';
import { keptFormats } from './kept-formats.ts';

const formatOf = keptFormats((language, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(language, options));

const formatted = (value: number, options: Intl.NumberFormatOptions): string =>
  formatOf(settings.value.language, options).format(value);

/** What a missing number looks like. */
export const NOTHING = '–';

export const whole = (value: number | null | undefined): string =>
  value == null ? NOTHING : formatted(value, { maximumFractionDigits: 0 });

/** A fraction 0..1 as percent with two digits. */
export const percent = (fraction: number | null | undefined): string =>
  fraction == null
    ? NOTHING
    : formatted(fraction, { style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** A measured value, with the digits that tell it from its neighbours. */
export const measured = (value: number | null | undefined): string =>
  value == null ? NOTHING : formatted(value, { maximumSignificantDigits: 6 });

/** An end of a step between values, with as many digits as tell it from the next one. */
export function stepEnd(value: number, step: number): string {
  const digits = step > 0 ? Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(step)))) : 6;
  return formatted(value, { maximumFractionDigits: digits });
}

/** Seconds, with the unit that suits their size. */
export function duration(seconds: number | null | undefined): string {
  if (seconds == null) {
    return NOTHING;
  }
  const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? UNITS[UNITS.length - 1]!;
  return formatted(seconds / size, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    ...(seconds < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: seconds / size < 10 ? 1 : 0 }),
  });
}

const UNITS: readonly (readonly [unit: string, least: number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];
