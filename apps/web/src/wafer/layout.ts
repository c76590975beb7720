/**
 * Where each die is on a canvas. With the geometry of the product, where it lies on the wafer, as the machine draws it. Without,
 * machines give steps and not millimetres: dice are drawn so that the wafer is round, which gives them the proportions of the
 * real ones.
 */
import { type Geometry } from '../api/answers.ts';
import { type Bounds, columnsOf, rowsOf } from './footprint.ts';

export interface Layout {
  /** Edge length of the square canvas, in its own pixels. */
  readonly size: number;
  readonly left: number;
  readonly top: number;
  readonly dieWidth: number;
  readonly dieHeight: number;
  readonly bounds: Bounds;
  /** Whether x grows to the left, and y downwards. */
  readonly isMirrored: boolean;
  readonly isUpsideDown: boolean;
  /** With a geometry: pixels of the canvas per millimetre. */
  readonly scale: number | undefined;
}

/** Share of the canvas that stays free around the wafer. */
const MARGIN = 0.02;
/** Corners of a grid of dice are outside of the circle through them by at most this factor. */
const ROUND = 1.02;

/** Pixels between the wafer and the edge of the canvas. */
const RIM = 2;

/** @param geometry is passed over where its wafer has no room for the dice: then it is not that of these dice */
export function layoutOf(bounds: Bounds, size: number, geometry?: Geometry | null): Layout {
  return (geometry && measuredLayout(bounds, size, geometry)) ?? roundLayout(bounds, size);
}

function measuredLayout(bounds: Bounds, size: number, geometry: Geometry): Layout | undefined {
  const scale = (size - 2 * RIM) / geometry.diameter_mm;
  const [dieWidth, dieHeight] = [geometry.pitch_x_mm * scale, geometry.pitch_y_mm * scale];
  const [isMirrored, isUpsideDown] = [geometry.x_axis === 'left', geometry.y_axis === 'down'];
  // Columns from the leftmost die to the die near the centre, and rows from the uppermost.
  const before = isMirrored ? bounds.xMax - geometry.centre_x : geometry.centre_x - bounds.xMin;
  const above = isUpsideDown ? geometry.centre_y - bounds.yMin : bounds.yMax - geometry.centre_y;
  const left = size / 2 + geometry.offset_x_mm * scale - (before + 0.5) * dieWidth;
  const top = size / 2 - geometry.offset_y_mm * scale - (above + 0.5) * dieHeight;
  const fits =
    left >= -dieWidth &&
    top >= -dieHeight &&
    left + columnsOf(bounds) * dieWidth <= size + dieWidth &&
    top + rowsOf(bounds) * dieHeight <= size + dieHeight;
  return fits ? { size, bounds, dieWidth, dieHeight, left, top, isMirrored, isUpsideDown, scale } : undefined;
}

function roundLayout(bounds: Bounds, size: number): Layout {
  const usable = (size * (1 - 2 * MARGIN)) / ROUND;
  const [columns, rows] = [columnsOf(bounds), rowsOf(bounds)];
  const isWafer = columns > 2 && rows > 2 && columns / rows < 3 && rows / columns < 3;
  const edge = usable / Math.max(columns, rows);
  const dieWidth = isWafer ? usable / columns : edge;
  const dieHeight = isWafer ? usable / rows : edge;
  return {
    size,
    bounds,
    dieWidth,
    dieHeight,
    left: (size - columns * dieWidth) / 2,
    top: (size - rows * dieHeight) / 2,
    isMirrored: false,
    isUpsideDown: false,
    scale: undefined,
  };
}

/** Column of a die from the left, and its row from the top. */
export const cellOf = (
  { bounds, isMirrored, isUpsideDown }: Pick<Layout, 'bounds' | 'isMirrored' | 'isUpsideDown'>,
  x: number,
  y: number,
): readonly [column: number, row: number] => [
  isMirrored ? bounds.xMax - x : x - bounds.xMin,
  isUpsideDown ? y - bounds.yMin : bounds.yMax - y,
];

/** Left and top of a die. */
export function cornerOf(layout: Layout, x: number, y: number): readonly [number, number] {
  const [column, row] = cellOf(layout, x, y);
  return [layout.left + column * layout.dieWidth, layout.top + row * layout.dieHeight];
}

/** A point within a die, by shares of its size from the corner that the axes of the machine begin at. */
export function pointIn(
  layout: Layout,
  [x, y]: readonly [x: number, y: number],
  shareX: number,
  shareY: number,
): readonly [number, number] {
  const [left, top] = cornerOf(layout, x, y);
  return [
    left + (layout.isMirrored ? 1 - shareX : shareX) * layout.dieWidth,
    top + (layout.isUpsideDown ? shareY : 1 - shareY) * layout.dieHeight,
  ];
}

/** The place under a point of the canvas, whether or not a die is there. */
export function placeAt(layout: Layout, px: number, py: number): readonly [number, number] {
  const { left, top, dieWidth, dieHeight, bounds, isMirrored, isUpsideDown } = layout;
  const [column, row] = [Math.floor((px - left) / dieWidth), Math.floor((py - top) / dieHeight)];
  return [
    isMirrored ? bounds.xMax - column : bounds.xMin + column,
    isUpsideDown ? bounds.yMin + row : bounds.yMax - row,
  ];
}
