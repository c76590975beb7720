/**
 * Draws a map. Every die is one pixel of a small picture that is scaled up without smoothing, so the time depends on the
 * number of dice and not on the size of the canvas.
 */
import { type Palette } from '../colours/palette.ts';
import { columnsOf, type DiceGrid, rowsOf } from './footprint.ts';
import { type Geometry } from '../api/answers.ts';
import { cellOf, cornerOf, type Layout } from './layout.ts';
import { drawOverlay, type Overlay } from './overlay.ts';
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
  /** Of the product, where one is stored. */
  readonly geometry: Geometry | null;
  readonly overlay?: Overlay | undefined;
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
  small.putImageData(pixelsOf(layout, drawing, columns, rows), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, layout.left, layout.top, columns * layout.dieWidth, rows * layout.dieHeight);
  if (hasLines) {
    drawLines(context, layout, palette);
  }
  if (drawing.geometry && layout.scale !== undefined) {
    drawGeometry(context, layout, drawing.geometry, layout.scale, palette);
  }
  if (drawing.overlay) {
    drawOverlay(context, layout, drawing.overlay, drawing.geometry, palette);
  }
}

function pixelsOf(layout: Layout, { grid, scale, shown }: Drawing, columns: number, rows: number): ImageData {
  const image = new ImageData(columns, rows);
  // One write of 32 bits per die. Browsers run on little-endian machines: the bytes are alpha, blue, green, red.
  const pixels = new Uint32Array(image.data.buffer);
  const colours = scale.entries.map(({ key, colour }) => {
    const rgb = Number.parseInt(colour.slice(1), 16);
    const alpha = shown.size === 0 || shown.has(key) ? 255 : FADED;
    return ((alpha << 24) | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
  });
  for (const [x, y, value] of grid.dice) {
    const entry = scale.indexOf(value);
    if (entry !== undefined) {
      const [column, row] = cellOf(layout, x, y);
      pixels[row * columns + column] = colours[entry] ?? 0;
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

/** Turns from the bottom, clockwise. */
const QUARTERS = { bottom: 0, left: 1, top: 2, right: 3 } as const;
/** Size of a notch, as a share of the wafer's radius: larger than a real one, which nobody would see. */
const NOTCH = 0.035;

/** Smallest exposure field that is drawn, in pixels of the canvas: in a small map, its lines would hide patterns. */
const LEAST_FIELD = 48;

/** What the geometry knows beside the dice: notch, edge exclusion and exposure fields. */
function drawGeometry(
  context: CanvasRenderingContext2D,
  layout: Layout,
  geometry: Geometry,
  scale: number,
  palette: Palette,
): void {
  const { size, bounds, dieWidth, dieHeight } = layout;
  const radius = (geometry.diameter_mm / 2) * scale;
  context.save();
  context.clip(disc(layout));
  context.lineWidth = 1;
  context.strokeStyle = palette.quiet;
  if (geometry.edge_exclusion_mm > 0) {
    context.setLineDash([4, 4]);
    context.beginPath();
    context.arc(size / 2, size / 2, Math.max(0, radius - geometry.edge_exclusion_mm * scale), 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
  }
  const { reticle } = geometry;
  if (reticle && Math.min(dieWidth * reticle.columns, dieHeight * reticle.rows) >= LEAST_FIELD) {
    context.beginPath();
    // Fields begin at every multiple of their size from the stated die, on the side that the axis begins at.
    const first = (least: number, start: number, step: number): number =>
      least + ((((start - least) % step) + step) % step);
    for (let x = first(bounds.xMin, reticle.x, reticle.columns); x <= bounds.xMax; x += reticle.columns) {
      const [left] = cornerOf(layout, x, bounds.yMin);
      const edge = layout.isMirrored ? left + dieWidth : left;
      context.moveTo(edge, 0);
      context.lineTo(edge, size);
    }
    for (let y = first(bounds.yMin, reticle.y, reticle.rows); y <= bounds.yMax; y += reticle.rows) {
      const [, top] = cornerOf(layout, bounds.xMin, y);
      const edge = layout.isUpsideDown ? top : top + dieHeight;
      context.moveTo(0, edge);
      context.lineTo(size, edge);
    }
    context.stroke();
  }
  context.translate(size / 2, size / 2);
  context.rotate((QUARTERS[geometry.notch] * Math.PI) / 2);
  const notch = radius * NOTCH;
  context.beginPath();
  context.moveTo(-notch, radius + 1);
  context.lineTo(0, radius - 1.5 * notch);
  context.lineTo(notch, radius + 1);
  context.closePath();
  context.fillStyle = palette.panel;
  context.fill();
  context.stroke();
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
