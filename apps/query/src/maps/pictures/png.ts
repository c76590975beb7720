import { nextTurn } from '../../http/next-turn.ts';
import { type Cell, type Picture } from './picture.ts';
import { pngFile } from './png-file.ts';

/** Dice between two turns of the event loop: about 10 ms. */
const BLOCK = 20_000;
const BACKGROUND = [255, 255, 255];
const INK = [51, 51, 51];
const PALE_INK = [136, 136, 136];

/** The picture as a PNG: the wafer alone. Title and notes are in its text chunks, because pixels have no font. */
export async function drawPng(picture: Picture): Promise<Uint8Array> {
  const { size, colouring, wafer, title, notes } = picture;
  const palette = [BACKGROUND, INK, PALE_INK, ...colouring.swatches.map(({ colour }) => [...colour])];
  const firstColour = palette.length - colouring.swatches.length;
  // All pixels are the background at first.
  const pixels = new Uint8Array(size * size);
  let drawn = 0;
  for (const cell of picture.cells()) {
    fill(pixels, size, cell, firstColour + cell.colour);
    if (++drawn % BLOCK === 0) {
      await nextTurn();
    }
  }
  if (wafer) {
    const ink = palette.indexOf(INK);
    if (wafer.usable < wafer.radius) {
      circle(pixels, size, wafer.centre, wafer.usable, palette.indexOf(PALE_INK));
    }
    circle(pixels, size, wafer.centre, wafer.radius, ink);
    const notch = wafer.radius * 0.03;
    for (let step = 0; step <= 1.5 * notch; step++) {
      const half = notch * (1 - step / (1.5 * notch));
      fill(
        pixels,
        size,
        { x: wafer.centre - half, y: wafer.centre + wafer.radius - step, width: 2 * half, height: 1 },
        ink,
      );
    }
  }
  return pngFile({
    width: size,
    pixels,
    palette,
    texts: { Title: latin(title), Description: latin(notes.join('; ')) },
  });
}

/** Text chunks hold ISO 8859-1. */
const latin = (text: string): string => text.replaceAll(/[^\u{20}-\u{7E}\u{A1}-\u{FF}]/gu, '?');

/** Colours the pixels of a rectangle, at least one, so that the smallest die still shows. */
function fill(pixels: Uint8Array, size: number, { x, y, width, height }: Omit<Cell, 'colour'>, colour: number): void {
  const clip = (at: number): number => Math.min(size, Math.max(0, at));
  const [left, top] = [Math.round(x), Math.round(y)];
  const right = clip(Math.max(left + 1, Math.round(x + width)));
  const bottom = clip(Math.max(top + 1, Math.round(y + height)));
  for (let row = clip(top); row < bottom; row++) {
    pixels.fill(colour, row * size + clip(left), row * size + right);
  }
}

function circle(pixels: Uint8Array, size: number, centre: number, radius: number, colour: number): void {
  const steps = Math.ceil(2 * Math.PI * radius * 2);
  for (let step = 0; step < steps; step++) {
    const angle = (2 * Math.PI * step) / steps;
    const x = Math.round(centre + radius * Math.cos(angle));
    const y = Math.round(centre + radius * Math.sin(angle));
    if (x >= 0 && x < size && y >= 0 && y < size) {
      pixels[y * size + x] = colour;
    }
  }
}
