/** What the colours of a map mean: the entries of its legend, and the entry of each value. */
import { type Palette } from '../colours/palette.ts';

export type Value = string | number;

interface Entry {
  /** Stands for the entry in the address. */
  readonly key: string;
  readonly label: string;
  readonly colour: string;
  /** Whether its dice count as failing, for the way from one to the next. */
  readonly isFailing: boolean;
}

export interface Scale {
  readonly entries: readonly Entry[];
  /** Index of the entry of a value; undefined for a die without one. */
  readonly indexOf: (value: Value | null) => number | undefined;
}

/** Labels in the chosen language. */
export interface ScaleTexts {
  readonly pass: string;
  readonly fail: string;
  readonly others: string;
  readonly outside: string;
  readonly zero: string;
  readonly bin: (bin: number) => string;
  readonly binPass: (bin: number) => string;
  readonly step: (low: string, high: string) => string;
}

export function resultScale(palette: Palette, t: ScaleTexts): Scale {
  return {
    entries: [
      { key: 'pass', label: t.pass, colour: palette.pass, isFailing: false },
      { key: 'fail', label: t.fail, colour: palette.fail, isFailing: true },
    ],
    indexOf: (value) => (value === 'pass' ? 0 : value === 'fail' ? 1 : undefined),
  };
}

export interface Bin {
  readonly key: number;
  readonly count: number;
  readonly passed: number;
}

/**
 * Colours the most frequent failing bins, so that the same bin has the same colour on every wafer of a lot.
 *
 * @param bins of the lot, most frequent first
 */
export function binScale(bins: readonly Bin[], palette: Palette, t: ScaleTexts): Scale {
  const passing = bins.filter(({ count, passed }) => passed === count && count > 0);
  const failing = bins.filter(({ count, passed }) => passed < count);
  const named = failing.slice(0, palette.categories.length);
  const entries: Entry[] = [
    ...passing.map(({ key }) => ({ key: String(key), label: t.binPass(key), colour: palette.pass, isFailing: false })),
    ...named.map(({ key }, i) => ({
      key: String(key),
      label: t.bin(key),
      colour: palette.categories[i] ?? palette.other,
      isFailing: true,
    })),
    ...(failing.length > named.length
      ? [{ key: 'other', label: t.others, colour: palette.other, isFailing: true }]
      : []),
  ];
  const index = new Map(entries.map(({ key }, i) => [key, i]));
  return {
    entries,
    indexOf: (value) => (value === null ? undefined : (index.get(String(value)) ?? index.get('other'))),
  };
}

export interface Limits {
  readonly lower: number | null;
  readonly upper: number | null;
}

/**
 * Equal steps from the least to the greatest of the values, which the colours of the ramp show from dark to light. Values
 * outside the limits that the machine stated have an entry of their own.
 */
export function valueScale(
  values: Iterable<Value | null>,
  { lower, upper }: Limits,
  write: (value: number, step: number) => string,
  palette: Palette,
  t: ScaleTexts,
): Scale {
  const isOutside = (value: number): boolean => (lower !== null && value < lower) || (upper !== null && value > upper);
  let [least, greatest] = [Infinity, -Infinity];
  let hasOutside = false;
  for (const value of values) {
    if (typeof value !== 'number') {
      continue;
    }
    if (isOutside(value)) {
      hasOutside = true;
    } else {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
  }
  const steps = least > greatest ? 0 : least === greatest ? 1 : palette.ramp.length;
  const size = (greatest - least) / steps;
  const edge = (step: number): string => write(least + size * step, size);
  const entries: Entry[] = Array.from({ length: steps }, (_, step) => ({
    key: String(step),
    label: steps === 1 ? write(least, 0) : t.step(edge(step), edge(step + 1)),
    colour: palette.ramp[steps === 1 ? Math.floor(palette.ramp.length / 2) : step] ?? palette.other,
    isFailing: false,
  }));
  if (hasOutside) {
    entries.push({ key: 'outside', label: t.outside, colour: palette.fail, isFailing: true });
  }
  return {
    entries,
    indexOf: (value) => {
      if (typeof value !== 'number') {
        return undefined;
      }
      if (isOutside(value)) {
        return steps;
      }
      return steps <= 1 ? 0 : Math.min(steps - 1, Math.floor(((value - least) / (greatest - least)) * steps));
    },
  };
}

/** Counts of defects: none is calm, and each count up to the greatest has its step. */
export function countScale(values: Iterable<Value | null>, palette: Palette, t: ScaleTexts): Scale {
  let greatest = 0;
  for (const value of values) {
    greatest = Math.max(greatest, typeof value === 'number' ? value : 0);
  }
  const steps = Math.min(greatest, palette.categories.length);
  const size = steps === 0 ? 1 : Math.ceil(greatest / steps);
  const count = Math.ceil(greatest / size);
  const entries: Entry[] = [{ key: '0', label: t.zero, colour: palette.pass, isFailing: false }];
  for (let step = 0; step < count; step++) {
    const [low, high] = [step * size + 1, Math.min(greatest, (step + 1) * size)];
    const shade = Math.round(((step + 1) / count) * (palette.ramp.length - 1));
    entries.push({
      key: String(low),
      label: low === high ? String(low) : t.step(String(low), String(high)),
      colour: palette.ramp[shade] ?? palette.other,
      isFailing: true,
    });
  }
  return {
    entries,
    indexOf: (value) => (typeof value !== 'number' ? undefined : value <= 0 ? 0 : Math.ceil(value / size)),
  };
}

/** Stands for the empty key; no encoded key looks like this. */
const EMPTY = '%';

/** Reads the keys of entries from an address, and back. Each is encoded, because the name of a class may contain a comma. */
export const shownOf = (text: string | undefined): ReadonlySet<string> =>
  new Set(
    text
      ?.split(',')
      .filter(Boolean)
      .map((key) => {
        try {
          return key === EMPTY ? '' : decodeURIComponent(key);
        } catch {
          return key;
        }
      }),
  );
export const textOf = (shown: ReadonlySet<string>): string | undefined =>
  shown.size === 0 ? undefined : [...shown].map((key) => encodeURIComponent(key) || EMPTY).join(',');
