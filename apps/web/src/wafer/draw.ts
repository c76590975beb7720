/**
 * Draws a map. Every die is one pixel of a small picture that is scaled up without smoothing, so the time depends on the
 * number of dice and not on the size of the canvas.
 */
import { type Palette } from '../colours/palette.ts';
import { columnsOf, type DiceGrid, rowsOf } from './footprint.ts';
import { cornerOf, type Layout } from './layout.ts';
import { type Scale } from './scale.ts';

/** Smallest die, in pixels of the canvas, between which there is room for a line. */
const LEAST_WITH_LINES = 5;
/** Opacity of dice that the legend filters out. */
const FADED = 28;

export interface Drawing {
  readonly grid: DiceGrid;
  readonly scale: Scale;
  /** Entries of the legend to show; empty = all. */
  readonly shown: ReadonlySet<string>;
  readonly palette: Palette;
  /** Places of the wafer, drawn as outlines where the map has no die. */
  readonly footprint: readonly (readonly [x: number, y: number, ...rest: unknown[]])[];
}

export function drawMap(context: CanvasRenderingContext2D, layout: Layout, drawing: Drawing): void {
  const { palette, grid } = drawing;
  context.clearRect(0, 0, layout.size, layout.size);
  drawWafer(context, layout, palette);
  const hasLines = Math.min(layout.dieWidth, layout.dieHeight) >= LEAST_WITH_LINES;
  drawEmpty(context, layout, drawing, hasLines);
  const [columns, rows] = [columnsOf(grid.bounds), rowsOf(grid.bounds)];
  const picture = new OffscreenCanvas(columns, rows);
  const small = picture.getContext('2d');
  if (!small) {
    return;
  }
  small.putImageData(pixelsOf(drawing, columns, rows), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, layout.left, layout.top, columns * layout.dieWidth, rows * layout.dieHeight);
  if (hasLines) {
    drawLines(context, layout, palette);
  }
}

function pixelsOf({ grid, scale, shown }: Drawing, columns: number, rows: number): ImageData {
  const image = new ImageData(columns, rows);
  // One write of 32 bits per die. Browsers run on little-endian machines: the bytes are alpha, blue, green, red.
  const pixels = new Uint32Array(image.data.buffer);
  const colours = scale.entries.map(({ key, colour }) => {
    const rgb = Number.parseInt(colour.slice(1), 16);
    const alpha = shown.size === 0 || shown.has(key) ? 255 : FADED;
    return ((alpha << 24) | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
  });
  const { xMin, yMax } = grid.bounds;
  for (const [x, y, value] of grid.dice) {
    const entry = scale.indexOf(value);
    if (entry !== undefined) {
      pixels[(yMax - y) * columns + x - xMin] = colours[entry] ?? 0;
    }
  }
  return image;
}

function disc({ size }: Layout): Path2D {
  const path = new Path2D();
  path.arc(size / 2, size / 2, Math.max(0, size / 2 - 1), 0, 2 * Math.PI);
  return path;
}

function drawWafer(context: CanvasRenderingContext2D, layout: Layout, palette: Palette): void {
  context.fillStyle = palette.page;
  context.fill(disc(layout));
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.stroke(disc(layout));
}

/** Outlines of places without a value: one path, because thousands of rectangles each stroked would be slow. */
function drawEmpty(context: CanvasRenderingContext2D, layout: Layout, drawing: Drawing, hasLines: boolean): void {
  const { footprint, grid, scale, palette } = drawing;
  if (!hasLines) {
    return;
  }
  context.beginPath();
  for (const [x, y] of footprint) {
    const index = grid.indexAt(x, y);
    const value = index === undefined ? null : (grid.dice[index]?.[2] ?? null);
    if (scale.indexOf(value) === undefined) {
      const [left, top] = cornerOf(layout, x, y);
      context.rect(left + 1, top + 1, layout.dieWidth - 2, layout.dieHeight - 2);
    }
  }
  context.strokeStyle = palette.empty;
  context.lineWidth = 1;
  context.stroke();
}

/** Lines between the dice, in the colour of the background. */
function drawLines(context: CanvasRenderingContext2D, layout: Layout, palette: Palette): void {
  const { left, top, dieWidth, dieHeight, bounds } = layout;
  const [columns, rows] = [columnsOf(bounds), rowsOf(bounds)];
  const lines = new Path2D();
  for (let column = 0; column <= columns; column++) {
    lines.moveTo(left + column * dieWidth, top);
    lines.lineTo(left + column * dieWidth, top + rows * dieHeight);
  }
  for (let row = 0; row <= rows; row++) {
    lines.moveTo(left, top + row * dieHeight);
    lines.lineTo(left + columns * dieWidth, top + row * dieHeight);
  }
  context.save();
  context.clip(disc(layout));
  context.strokeStyle = palette.page;
  context.lineWidth = Math.min(2, layout.dieWidth / 8);
  context.stroke(lines);
  context.restore();
}

/** Marks one die on the canvas above the map. */
export function drawMark(
  context: CanvasRenderingContext2D,
  layout: Layout,
  [x, y]: readonly [x: number, y: number, ...rest: unknown[]],
  palette: Palette,
  isSelected: boolean,
): void {
  const [left, top] = cornerOf(layout, x, y);
  // A die of less than a few pixels is marked by a frame around it.
  const width = Math.max(layout.dieWidth, 6);
  const height = Math.max(layout.dieHeight, 6);
  const [px, py] = [left - (width - layout.dieWidth) / 2, top - (height - layout.dieHeight) / 2];
  context.lineWidth = isSelected ? 5 : 2;
  context.strokeStyle = palette.panel;
  context.strokeRect(px, py, width, height);
  context.lineWidth = isSelected ? 3 : 1.5;
  context.strokeStyle = isSelected ? palette.text : palette.accent;
  context.strokeRect(px, py, width, height);
}
