/**
 * Where each die is on a canvas. The machines give steps, not millimetres: dice are drawn so that the wafer is round, which
 * gives them the proportions of the real ones.
 */
import { type Bounds, columnsOf, rowsOf } from './footprint.ts';

export interface Layout {
  /** Edge length of the square canvas, in its own pixels. */
  readonly size: number;
  readonly left: number;
  readonly top: number;
  readonly dieWidth: number;
  readonly dieHeight: number;
  readonly bounds: Bounds;
}

/** Share of the canvas that stays free around the wafer. */
const MARGIN = 0.02;
/** Corners of a grid of dice are outside of the circle through them by at most this factor. */
const ROUND = 1.02;

export function layoutOf(bounds: Bounds, size: number): Layout {
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
  };
}

/** Left and top of a die; y counts upwards. */
export function cornerOf(
  { left, top, dieWidth, dieHeight, bounds }: Layout,
  x: number,
  y: number,
): readonly [number, number] {
  return [left + (x - bounds.xMin) * dieWidth, top + (bounds.yMax - y) * dieHeight];
}

/** The place under a point of the canvas, whether or not a die is there. */
export function placeAt(
  { left, top, dieWidth, dieHeight, bounds }: Layout,
  px: number,
  py: number,
): readonly [number, number] {
  return [bounds.xMin + Math.floor((px - left) / dieWidth), bounds.yMax - Math.floor((py - top) / dieHeight)];
}
