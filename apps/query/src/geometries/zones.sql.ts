/**
 * Zones of a wafer: parts of it, each a text for a die at step coordinates (x, y). One SQL text for maps and for grouping, so
 * that both agree.
 */
import { type SqlParameter } from '@chip/persistence';
import { TURNS } from '@chip/quality';
import { type Grouping } from '../sql/grouping.ts';
import { type GeometryItem } from './geometry-answer.ts';

export const ZONES = ['ring', 'quadrant', 'edge', 'reticle'] as const;
export type Zone = (typeof ZONES)[number];

export const ZONE_TEXTS: Readonly<Record<Zone, string>> = {
  ring: '1 = innermost of the rings of equal width, by the centre of the die; excluded = reaches into the edge exclusion',
  quadrant:
    'Q1 = upper right, then counter-clockwise, with the notch at the bottom; each quadrant has the half axis that it begins with; centre; excluded',
  edge: 'inside, or excluded = reaches into the edge exclusion',
  reticle: 'column,row of the die in its exposure, from 0; excluded',
};

type OfReticle = 'reticle_columns' | 'reticle_rows' | 'reticle_x' | 'reticle_y';
type Figure =
  | 'diameter_mm'
  | 'pitch_x_mm'
  | 'pitch_y_mm'
  | 'centre_x'
  | 'centre_y'
  | 'offset_x_mm'
  | 'offset_y_mm'
  | 'notch'
  | 'x_axis'
  | 'y_axis'
  | 'edge_exclusion_mm'
  | 'rings'
  | OfReticle;

/** SQL of the figures of a geometry. */
type Figures = (name: Figure) => string;

/** SQL of one coordinate of the die after the turn that brings the notch to the bottom. */
function turned(g: Figures, part: 0 | 2, dx: string, dy: string): string {
  const cases = Object.entries(TURNS).map(([notch, turn]) => {
    const [ofX, ofY] = [turn[part] as number, turn[part + 1] as number];
    return `WHEN '${notch}' THEN ${ofX === 0 ? `${ofY} * ${dy}` : `${ofX} * ${dx}`}`;
  });
  return `(CASE ${g('notch')} ${cases.join(' ')} END)`;
}

/** SQL of the zone of a die; null where the position or what the zone needs of the geometry is unknown. */
export function zoneOf(zone: Zone, g: Figures, x: string, y: string): string {
  const dx = `((${x}::float8 - ${g('centre_x')}) * ${g('pitch_x_mm')} * (CASE ${g('x_axis')} WHEN 'right' THEN 1 ELSE -1 END) + ${g('offset_x_mm')})`;
  const dy = `((${y}::float8 - ${g('centre_y')}) * ${g('pitch_y_mm')} * (CASE ${g('y_axis')} WHEN 'up' THEN 1 ELSE -1 END) + ${g('offset_y_mm')})`;
  const radius = `(${g('diameter_mm')} / 2 - ${g('edge_exclusion_mm')})`;
  const corner = `sqrt((abs(${dx}) + ${g('pitch_x_mm')} / 2) ^ 2 + (abs(${dy}) + ${g('pitch_y_mm')} / 2) ^ 2)`;
  const isKnown = `${x} IS NOT NULL AND ${y} IS NOT NULL AND ${g('diameter_mm')} IS NOT NULL`;
  const inside = ofInside(zone, g, { x, y, dx, dy, radius });
  return `CASE WHEN ${isKnown} THEN CASE WHEN ${corner} > ${radius} THEN 'excluded' ELSE ${inside} END END`;
}

function ofInside(
  zone: Zone,
  g: Figures,
  { x, y, dx, dy, radius }: { x: string; y: string; dx: string; dy: string; radius: string },
): string {
  switch (zone) {
    case 'edge':
      return `'inside'`;
    case 'ring':
      return `least(${g('rings')}, 1 + floor(sqrt(${dx} ^ 2 + ${dy} ^ 2) / ${radius} * ${g('rings')}))::int::text`;
    case 'quadrant': {
      const [u, v] = [turned(g, 0, dx, dy), turned(g, 2, dx, dy)];
      return `CASE WHEN ${u} > 0 AND ${v} >= 0 THEN 'Q1' WHEN ${u} <= 0 AND ${v} > 0 THEN 'Q2' WHEN ${u} < 0 AND ${v} <= 0 THEN 'Q3' WHEN ${v} < 0 THEN 'Q4' ELSE 'centre' END`;
    }
    case 'reticle': {
      const place = (at: string, origin: string, size: string): string =>
        `mod(mod(${at}::bigint - ${origin}, ${size}) + ${size}, ${size})`;
      return `${place(x, g('reticle_x'), g('reticle_columns'))} || ',' || ${place(y, g('reticle_y'), g('reticle_rows'))}`;
    }
  }
}

const TYPES: Readonly<Partial<Record<Figure, string>>> = {
  notch: 'text',
  x_axis: 'text',
  y_axis: 'text',
  centre_x: 'int',
  centre_y: 'int',
  rings: 'int',
  reticle_columns: 'int',
  reticle_rows: 'int',
  reticle_x: 'int',
  reticle_y: 'int',
};

/** Figures of one geometry, as values; each is bound once it is used. */
export function boundFigures(
  { reticle, ...geometry }: Pick<GeometryItem, Exclude<Figure, OfReticle> | 'reticle'>,
  bind: (value: SqlParameter) => string,
): Figures {
  const values: Readonly<Record<Figure, SqlParameter>> = {
    ...geometry,
    reticle_columns: reticle?.columns ?? null,
    reticle_rows: reticle?.rows ?? null,
    reticle_x: reticle?.x ?? null,
    reticle_y: reticle?.y ?? null,
  };
  const bound = new Map<Figure, string>();
  return (name) => {
    const text = bound.get(name) ?? `${bind(values[name])}::${TYPES[name] ?? 'float8'}`;
    bound.set(name, text);
    return text;
  };
}

/** Versions of geometries with the time until which each holds; at most one fits an attempt. */
const IN_FORCE = `
        LEFT JOIN (SELECT *, lead(valid_from) OVER (PARTITION BY product ORDER BY valid_from) AS valid_to
                     FROM wafer_geometries WHERE withdrawn_at IS NULL) AS zoned
          ON zoned.product = a.product AND zoned.valid_from <= a.completed_at AND (zoned.valid_to IS NULL OR a.completed_at < zoned.valid_to)`;

/** Groups of attempts by zone of their die. */
export const zoneGrouping = (zone: Zone): Grouping => ({
  columns: () => ({ key: zoneOf(zone, (name) => `zoned.${name}`, 'a.die_x', 'a.die_y'), join: IN_FORCE }),
  text: `Groups: ${zone} of the die by the wafer geometry of its product that holds at completed_at (${ZONE_TEXTS[zone]}); null without position or geometry.`,
});
