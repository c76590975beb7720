/** What is drawn over the dice of a map: outlines of zones, and defects where they lie. */
import { type Geometry } from '../api/answers.ts';
import { type Palette } from '../colours/palette.ts';
import { type Layout, pointIn } from './layout.ts';

export const ZONES = ['ring', 'quadrant', 'edge', 'reticle'] as const;
export type Zone = (typeof ZONES)[number];

export interface PlacedDefect {
  readonly die_x: number;
  readonly die_y: number;
  readonly x_um: number;
  readonly y_um: number;
  /** Place of its class in the legend. */
  readonly kind: number;
}

export interface Overlay {
  readonly zone: Zone | undefined;
  readonly defects: readonly PlacedDefect[];
}

/** One for each class that has a colour of its own: a shape as well, for those who cannot tell the colours. */
export const GLYPHS = ['●', '■', '▲', '◊', '×', '+'] as const;
const RADIUS = 0.008;
const LEAST_RADIUS = 3.5;

export function drawOverlay(
  context: CanvasRenderingContext2D,
  layout: Layout,
  { zone, defects }: Overlay,
  geometry: Geometry | null,
  palette: Palette,
): void {
  if (zone && geometry && layout.scale !== undefined) {
    drawZone(context, layout, zone, geometry, layout.scale, palette);
  }
  const radius = Math.max(LEAST_RADIUS, layout.size * RADIUS);
  for (const defect of defects) {
    drawDefect(context, placeOf(layout, defect, geometry), defect.kind, radius, palette);
  }
}

/** Without the size of its die, a defect is in the middle of it. */
function placeOf(
  layout: Layout,
  { die_x, die_y, x_um, y_um }: PlacedDefect,
  geometry: Geometry | null,
): readonly [number, number] {
  const share = (um: number, pitchMm: number): number => Math.min(1, Math.max(0, um / 1000 / pitchMm));
  return geometry && layout.scale !== undefined
    ? pointIn(layout, [die_x, die_y], share(x_um, geometry.pitch_x_mm), share(y_um, geometry.pitch_y_mm))
    : pointIn(layout, [die_x, die_y], 0.5, 0.5);
}

function drawDefect(
  context: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  kind: number,
  radius: number,
  palette: Palette,
): void {
  const path = new Path2D();
  const polygon = (...points: readonly (readonly [number, number])[]): void => {
    points.forEach(([dx, dy], i) => path[i === 0 ? 'moveTo' : 'lineTo'](x + dx * radius, y + dy * radius));
    path.closePath();
  };
  const lines = (...points: readonly (readonly [number, number])[]): void =>
    points.forEach(([dx, dy], i) => path[i % 2 === 0 ? 'moveTo' : 'lineTo'](x + dx * radius, y + dy * radius));
  switch (GLYPHS[kind]) {
    case '■':
      polygon([-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]);
      break;
    case '▲':
      polygon([0, -1.1], [1, 0.8], [-1, 0.8]);
      break;
    case '◊':
      polygon([0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]);
      break;
    case '×':
      lines([-1, -1], [1, 1], [-1, 1], [1, -1]);
      break;
    case '+':
      lines([-1.2, 0], [1.2, 0], [0, -1.2], [0, 1.2]);
      break;
    default:
      path.arc(x, y, radius, 0, 2 * Math.PI);
  }
  const colour = palette.categories[kind] ?? palette.other;
  const isLines = GLYPHS[kind] === '×' || GLYPHS[kind] === '+';
  // An edge in the colour of the background keeps a defect visible on a die of any colour.
  context.lineWidth = isLines ? radius : radius / 2;
  context.strokeStyle = palette.panel;
  context.stroke(path);
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.lineWidth = radius / 2;
  if (isLines) {
    context.stroke(path);
  } else {
    context.fill(path);
  }
}

/** Turns from the bottom, clockwise. */
const QUARTERS = { bottom: 0, left: 1, top: 2, right: 3 } as const;

function drawZone(
  context: CanvasRenderingContext2D,
  layout: Layout,
  zone: Zone,
  geometry: Geometry,
  scale: number,
  palette: Palette,
): void {
  const middle = layout.size / 2;
  const usable = Math.max(0, (geometry.diameter_mm / 2 - geometry.edge_exclusion_mm) * scale);
  const outlines = new Path2D();
  const names: (readonly [text: string, x: number, y: number])[] = [];
  const circle = (radius: number): void => {
    outlines.moveTo(middle + radius, middle);
    outlines.arc(middle, middle, radius, 0, 2 * Math.PI);
  };
  circle(usable);
  if (zone === 'ring') {
    for (let ring = 1; ring <= geometry.rings; ring++) {
      const outer = (usable * ring) / geometry.rings;
      circle(outer);
      names.push([String(ring), middle, middle - outer + usable / geometry.rings / 2]);
    }
  } else if (zone === 'quadrant') {
    outlines.moveTo(middle - usable, middle);
    outlines.lineTo(middle + usable, middle);
    outlines.moveTo(middle, middle - usable);
    outlines.lineTo(middle, middle + usable);
    for (let quadrant = 0; quadrant < 4; quadrant++) {
      // The first is at the upper right while the notch is at the bottom; the next ones follow counter-clockwise.
      const angle = ((1 + 2 * quadrant) * Math.PI) / 4 - (QUARTERS[geometry.notch] * Math.PI) / 2;
      names.push([
        `Q${quadrant + 1}`,
        middle + (Math.cos(angle) * usable) / 1.6,
        middle - (Math.sin(angle) * usable) / 1.6,
      ]);
    }
  } else if (zone === 'reticle' && geometry.reticle) {
    outlineReticles(outlines, layout, geometry.reticle);
  }
  context.save();
  context.lineWidth = Math.max(1.5, layout.size / 400);
  context.strokeStyle = palette.text;
  context.stroke(outlines);
  context.font = `bold ${Math.max(12, layout.size / 36)}px sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineWidth = Math.max(3, layout.size / 160);
  context.strokeStyle = palette.panel;
  context.fillStyle = palette.text;
  for (const [text, x, y] of names) {
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }
  context.restore();
}

/** The exposure fields that the map has dice of. */
function outlineReticles(outlines: Path2D, layout: Layout, reticle: NonNullable<Geometry['reticle']>): void {
  const { bounds, size } = layout;
  const first = (least: number, start: number, step: number): number =>
    least + ((((start - least) % step) + step) % step);
  for (let x = first(bounds.xMin, reticle.x, reticle.columns); x <= bounds.xMax; x += reticle.columns) {
    const [edge] = pointIn(layout, [x, bounds.yMin], 0, 0);
    outlines.moveTo(edge, 0);
    outlines.lineTo(edge, size);
  }
  for (let y = first(bounds.yMin, reticle.y, reticle.rows); y <= bounds.yMax; y += reticle.rows) {
    const [, edge] = pointIn(layout, [bounds.xMin, y], 0, 0);
    outlines.moveTo(0, edge);
    outlines.lineTo(size, edge);
  }
}
