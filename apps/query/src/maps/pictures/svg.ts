import { nextTurn } from '../../http/next-turn.ts';
import { type Rgb } from './colours.ts';
import { type Picture } from './picture.ts';

/** Dice between two turns of the event loop: about 10 ms. */
const BLOCK = 10_000;
const TEXT_HEIGHT = 16;
const LEGEND_WIDTH = 150;
const HEAD_HEIGHT = 58;
/** Most lines of a legend; a map of more bins names the first ones. */
const MAX_LINES = 30;

const hex = ([red, green, blue]: Rgb): string =>
  `#${[red, green, blue].map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;

/** Names come from machines. */
const escaped = (text: string): string =>
  text
    // Characters that XML does not allow at all.
    .replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** The picture as an SVG document, with a title and a legend. */
export async function drawSvg(picture: Picture): Promise<string> {
  const { size, colouring, wafer, title, notes } = picture;
  const [width, height] = [size + LEGEND_WIDTH, size + HEAD_HEIGHT];
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="10" y="20" font-size="15">${escaped(title)}</text>`,
    ...notes.map((note, i) => `<text x="10" y="${36 + i * TEXT_HEIGHT}" fill="#555555">${escaped(note)}</text>`),
    `<g transform="translate(0 ${HEAD_HEIGHT})" shape-rendering="crispEdges">`,
  ];
  const paths = await pathsOf(picture);
  for (const [i, { colour }] of colouring.swatches.entries()) {
    const path = paths.get(i);
    if (path !== undefined) {
      parts.push(`<path fill="${hex(colour)}" d="${path.join('')}"/>`);
    }
  }
  parts.push('</g>', `<g transform="translate(0 ${HEAD_HEIGHT})" fill="none" stroke="#333333">`);
  if (wafer) {
    const { centre, radius, usable } = wafer;
    parts.push(`<circle cx="${centre}" cy="${centre}" r="${short(radius)}"/>`);
    if (usable < radius) {
      parts.push(
        `<circle cx="${centre}" cy="${centre}" r="${short(usable)}" stroke-dasharray="3 3" stroke="#888888"/>`,
      );
    }
    const bottom = centre + radius;
    const notch = radius * 0.03;
    parts.push(
      `<path fill="#333333" d="M${short(centre - notch)} ${short(bottom)}L${centre} ${short(bottom - 1.5 * notch)}L${short(centre + notch)} ${short(bottom)}Z"/>`,
    );
  }
  parts.push('</g>', ...legend(picture), '</svg>\n');
  return parts.join('\n');
}

const short = (pixels: number): string => pixels.toFixed(2);

/** One path per colour: a rectangle for each die would take four times the bytes. */
async function pathsOf(picture: Picture): Promise<Map<number, string[]>> {
  const paths = new Map<number, string[]>();
  let drawn = 0;
  for (const { x, y, width, height, colour } of picture.cells()) {
    const path = paths.get(colour) ?? [];
    path.push(`M${short(x)} ${short(y)}h${short(width)}v${short(height)}h-${short(width)}z`);
    paths.set(colour, path);
    if (++drawn % BLOCK === 0) {
      await nextTurn();
    }
  }
  return paths;
}

function legend({ size, colouring: { swatches, isScale } }: Picture): string[] {
  const [, ...valued] = swatches;
  const left = size + 10;
  const line = (i: number, colour: Rgb, label: string): string =>
    `<rect x="${left}" y="${HEAD_HEIGHT + i * TEXT_HEIGHT}" width="12" height="12" fill="${hex(colour)}"/>` +
    `<text x="${left + 18}" y="${HEAD_HEIGHT + i * TEXT_HEIGHT + 10}">${escaped(label)}</text>`;
  const shown = isScale ? valued.filter((_, i) => i % 4 === 0 || i === valued.length - 1) : valued.slice(0, MAX_LINES);
  return [
    ...shown.map(({ colour, label }, i) => line(i, colour, label)),
    ...(shown.length < valued.length && !isScale
      ? [
          `<text x="${left}" y="${HEAD_HEIGHT + shown.length * TEXT_HEIGHT + 10}">and ${valued.length - shown.length} more</text>`,
        ]
      : []),
  ];
}
