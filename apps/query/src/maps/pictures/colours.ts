/** Colours of die values. */

export type Rgb = readonly [red: number, green: number, blue: number];

/** A colour of a map and what it stands for. */
interface Swatch {
  readonly colour: Rgb;
  readonly label: string;
}

/** Colours of a map: an index into `swatches` for each value. */
export interface Colouring {
  readonly swatches: readonly Swatch[];
  readonly indexOf: (value: string | number | null) => number;
  /** Whether neighbouring swatches are neighbouring values, so that a legend shows only the ends. */
  readonly isScale: boolean;
}

const NO_VALUE: Swatch = { colour: [189, 189, 189], label: 'no value' };
const PASS: Rgb = [46, 158, 91];
const FAIL: Rgb = [214, 59, 59];
/** Told apart also by readers who do not tell red from green (Okabe and Ito), then paler ones. */
const CATEGORIES: readonly Rgb[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [213, 94, 0],
  [240, 228, 66],
  [102, 51, 153],
  [120, 94, 60],
  [140, 198, 63],
  [0, 70, 120],
  [255, 178, 178],
];
/** From low to high: dark to light for measured values, light to dark for failures. */
const VALUES: readonly Rgb[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];
const FAILURES: readonly Rgb[] = [
  [238, 243, 240],
  [253, 208, 130],
  [240, 110, 70],
  [165, 0, 38],
];
const STEPS = 32;

/** Colours of a verdict, of categories (bins), or of a scale. */
export function colouringOf(
  kind: 'verdict' | 'category' | 'values' | 'failures',
  values: Iterable<string | number | null>,
): Colouring {
  switch (kind) {
    case 'verdict':
      return named(
        new Map([
          ['pass', PASS],
          ['fail', FAIL],
        ]),
      );
    case 'category': {
      const found = new Set<number>();
      for (const value of values) {
        if (typeof value === 'number') {
          found.add(value);
        }
      }
      const sorted = [...found].sort((a, b) => a - b);
      return named(new Map(sorted.map((value, i) => [value, CATEGORIES[i % CATEGORIES.length] as Rgb])));
    }
    case 'values':
      return scale(VALUES, values);
    case 'failures':
      return scale(FAILURES, values);
  }
}

/** Most colours of a picture, one of them for no value; what is beyond shares the last one. */
const MAX_SWATCHES = 200;

function named(colours: ReadonlyMap<string | number, Rgb>): Colouring {
  const all = [...colours];
  const shown = all.slice(0, MAX_SWATCHES);
  const indices = new Map(all.map(([value], i) => [value, 1 + Math.min(i, MAX_SWATCHES - 1)]));
  return {
    swatches: [NO_VALUE, ...shown.map(([value, colour]) => ({ colour, label: String(value) }))],
    indexOf: (value) => (value === null ? 0 : (indices.get(value) ?? 0)),
    isScale: false,
  };
}

function scale(stops: readonly Rgb[], values: Iterable<string | number | null>): Colouring {
  let least = Infinity;
  let greatest = -Infinity;
  for (const value of values) {
    if (typeof value === 'number') {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
  }
  // Halves first: the difference of two great values of opposite sign is not finite.
  const width = greatest / 2 - least / 2;
  const label = (i: number): string =>
    least > greatest ? '' : Number((least + (width * 2 * i) / (STEPS - 1)).toPrecision(4)).toString();
  const swatches = Array.from({ length: STEPS }, (_, i) => ({
    colour: between(stops, i / (STEPS - 1)),
    label: label(i),
  }));
  return {
    swatches: [NO_VALUE, ...swatches],
    indexOf: (value) =>
      typeof value !== 'number'
        ? 0
        : 1 + (width === 0 ? 0 : Math.round(((value / 2 - least / 2) / width) * (STEPS - 1))),
    isScale: true,
  };
}

function between(stops: readonly Rgb[], fraction: number): Rgb {
  const at = fraction * (stops.length - 1);
  const i = Math.min(Math.floor(at), stops.length - 2);
  const [from, to] = [stops[i] as Rgb, stops[i + 1] as Rgb];
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + (to[channel] - from[channel]) * (at - i));
  return [mix(0), mix(1), mix(2)];
}
