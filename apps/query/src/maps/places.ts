/** Where dice lie: brought into order, named once, and how far they reach. */
import { extremesOf } from '@chip/quality';
import { type KindRow, type WaferRow } from './dies.sql.ts';
import { type GalleryAnswer, type WaferMapAnswer } from './map-answer.ts';

export type Die = [x: number, y: number, value: string | number | null];
export type Bounds = Pick<WaferMapAnswer, 'x_min' | 'x_max' | 'y_min' | 'y_max'>;

export const boundsOf = (places: readonly (readonly [x: number, y: number, ...unknown[]])[]): Bounds =>
  boundsOfColumns(
    places.map(([x]) => x),
    places.map(([, y]) => y),
  );

function boundsOfColumns(xs: readonly number[], ys: readonly number[]): Bounds {
  if (xs.length === 0) {
    return { x_min: null, x_max: null, y_min: null, y_max: null };
  }
  const [x_min, x_max] = extremesOf(xs);
  const [y_min, y_max] = extremesOf(ys);
  return { x_min, x_max, y_min, y_max };
}

/** Most places between the outermost dice. */
const MAX_GRID = 1_000_000;
/** Dice by x, then y, from a grid, which is faster than sorting; undefined for two on a place, and if far apart. */
export function inOrder(rows: readonly KindRow[]): { dies: Die[]; bounds: Bounds } | undefined {
  const xs = joined(rows.map((row) => row.xs ?? []));
  const ys = joined(rows.map((row) => row.ys ?? []));
  const values = joined(rows.map((row) => row.values ?? []));
  const bounds = boundsOfColumns(xs, ys);
  const [left, bottom] = [bounds.x_min ?? 0, bounds.y_min ?? 0];
  const height = (bounds.y_max ?? 0) - bottom + 1;
  const area = ((bounds.x_max ?? 0) - left + 1) * height;
  if (area > MAX_GRID) {
    return undefined;
  }
  /** Which die lies there, counted from 1. */
  const grid = new Int32Array(area);
  for (let i = 0; i < xs.length; i++) {
    const place = ((xs[i] as number) - left) * height + (ys[i] as number) - bottom;
    if (grid[place] !== 0) {
      return undefined;
    }
    grid[place] = i + 1;
  }
  const dies: Die[] = [];
  for (const number of grid) {
    if (number > 0) {
      dies.push([xs[number - 1] as number, ys[number - 1] as number, values[number - 1] ?? null]);
    }
  }
  return { dies, bounds };
}

/** Nearly every wafer is of one kind, and copying its dice would take as long as ordering them. */
const joined = <T>([first = [], ...others]: readonly (readonly T[])[]): readonly T[] =>
  others.length === 0 ? first : first.concat(...others);

/**
 * Lists each place once, by x, then y; the wafers of a lot share nearly all of them.
 *
 * @param admit called with the number of values (places times wafers) before they are made: large if wafers share few places
 */
export function onCommonPlaces(
  rows: readonly WaferRow[],
  admit: (values: number) => void,
): Pick<GalleryAnswer, 'places' | 'wafers'> {
  const columns = new Map<number, Map<number, number>>();
  for (const { xs, ys } of rows) {
    for (const [index, x] of xs.entries()) {
      const column = columns.get(x) ?? new Map<number, number>();
      columns.set(x, column.set(ys[index] as number, 0));
    }
  }
  const places: [number, number][] = [];
  for (const [x, column] of [...columns].sort(([a], [b]) => a - b)) {
    for (const y of [...column.keys()].sort((a, b) => a - b)) {
      column.set(y, places.length);
      places.push([x, y]);
    }
  }
  admit(places.length * rows.length);
  const wafers = rows.map(({ wafer_id, xs, ys, values }) => {
    const placed: (string | number | null)[] = Array.from({ length: places.length }, () => null);
    for (const [index, x] of xs.entries()) {
      placed[columns.get(x)?.get(ys[index] as number) as number] = values[index] as string | number;
    }
    return { wafer_id, values: placed };
  });
  return { places, wafers };
}
