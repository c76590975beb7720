import { MAX_INTEGER, MIN_INTEGER } from '@chip/contracts';
import { z } from 'zod';
import { nextCursor } from '../http/answers.ts';
import { storedName } from '../http/body.ts';
import { productParameter } from '../http/parameters.ts';
import { versionBody, versionList, versionShape } from '../versions/version-answer.ts';

/** Step coordinates as PostgreSQL stores them. */
const coordinate = z.int().min(MIN_INTEGER).max(MAX_INTEGER);
const millimetres = z.number().min(0.001).max(1000);
/** Numbers next to zero have squares that no double holds. */
const offset = z
  .number()
  .min(-1000)
  .max(1000)
  .refine((value) => value === 0 || Math.abs(value) >= 1e-6, { error: 'expected 0, or at least a nanometre' });

const NOTCHES = ['bottom', 'left', 'top', 'right'] as const;
const MAX_RINGS = 20;
export const DEFAULT_RINGS = 3;

const reticle = z
  .strictObject({
    columns: z.int().min(1).max(1000).meta({ description: 'Dice of one exposure along x.' }),
    rows: z.int().min(1).max(1000).meta({ description: 'Dice of one exposure along y.' }),
    x: coordinate.meta({ description: 'Step coordinates of the die with the least x and y of any one exposure.' }),
    y: coordinate,
  })
  .meta({ description: 'Exposure field (shot).' });

/** What the geometry says, apart from its dates. */
const figures = {
  diameter_mm: millimetres.meta({ examples: [300] }),
  pitch_x_mm: millimetres.meta({
    description: 'Distance between neighbouring dice, scribe line included, along the x axis of the machine.',
    examples: [10],
  }),
  pitch_y_mm: millimetres.meta({ examples: [8] }),
  centre_x: coordinate.meta({ description: 'Step coordinates of a die near the centre of the wafer.' }),
  centre_y: coordinate,
  offset_x_mm: offset.meta({
    description:
      'From the centre of the wafer to the centre of that die, to the right as the machine draws the wafer; offset_y_mm upwards.',
  }),
  offset_y_mm: offset,
  notch: z.enum(NOTCHES).meta({ description: 'Where the notch (or flat) lies while the axes point as stated.' }),
  x_axis: z
    .enum(['right', 'left'])
    .meta({ description: 'Direction in which x increases, looking at the side with the dice.' }),
  y_axis: z.enum(['up', 'down']),
  edge_exclusion_mm: z.number().min(0).max(500).meta({
    description: 'Dice that reach into this outer ring count in no zone but `excluded`.',
  }),
  rings: z.int().min(1).max(MAX_RINGS).meta({
    description: 'Rings of equal width that zones divide the usable wafer into; 1 is the innermost.',
  }),
};

export const geometryRequest = z
  .strictObject({
    product: storedName,
    ...versionBody,
    diameter_mm: figures.diameter_mm.optional(),
    pitch_x_mm: figures.pitch_x_mm.optional(),
    pitch_y_mm: figures.pitch_y_mm.optional(),
    centre_x: figures.centre_x.optional(),
    centre_y: figures.centre_y.optional(),
    offset_x_mm: figures.offset_x_mm.optional().meta({ description: `${figures.offset_x_mm.description} Default 0.` }),
    offset_y_mm: figures.offset_y_mm.optional().meta({ description: 'Default 0.' }),
    notch: figures.notch.optional().meta({ description: `${figures.notch.description} Default bottom.` }),
    x_axis: figures.x_axis.optional().meta({ description: `${figures.x_axis.description} Default right.` }),
    y_axis: figures.y_axis.optional().meta({ description: 'Default up.' }),
    edge_exclusion_mm: figures.edge_exclusion_mm
      .optional()
      .meta({ description: `${figures.edge_exclusion_mm.description} Default 0.` }),
    rings: figures.rings.optional().meta({ description: `${figures.rings.description} Default ${DEFAULT_RINGS}.` }),
    reticle: reticle.optional(),
  })
  .superRefine((given, context) => {
    const complain = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    const required = ['diameter_mm', 'pitch_x_mm', 'pitch_y_mm', 'centre_x', 'centre_y'] as const;
    if (given.withdraw) {
      for (const member of [...(Object.keys(figures) as (keyof typeof figures)[]), 'reticle'] as const) {
        if (given[member] !== undefined) {
          complain(member, 'does not belong to a withdrawal');
        }
      }
      return;
    }
    for (const member of required) {
      if (given[member] === undefined) {
        complain(member, 'is required');
      }
    }
    const { diameter_mm = 0, edge_exclusion_mm = 0 } = given;
    for (const axis of ['x', 'y'] as const) {
      const pitch = given[`pitch_${axis}_mm`] ?? 0;
      if (pitch > diameter_mm) {
        complain(`pitch_${axis}_mm`, 'expected at most the diameter');
      } else if (Math.abs(given[`offset_${axis}_mm`] ?? 0) > pitch) {
        complain(`offset_${axis}_mm`, 'expected at most one pitch: choose a die nearer to the centre');
      }
    }
    if (edge_exclusion_mm >= diameter_mm / 2) {
      complain('edge_exclusion_mm', 'expected less than the radius');
    }
  })
  .meta({
    id: 'WaferGeometryRequest',
    example: {
      product: 'CQ-1000',
      valid_from: '2026-01-01T00:00:00Z',
      diameter_mm: 300,
      pitch_x_mm: 10,
      pitch_y_mm: 8,
      centre_x: 0,
      centre_y: 0,
      notch: 'bottom',
      edge_exclusion_mm: 3,
      rings: 3,
      reticle: { columns: 2, rows: 3, x: 0, y: 0 },
      reason: 'mask set A',
    },
  });
export type GeometryRequest = z.output<typeof geometryRequest>;

/** Geometry that an answer about maps used. */
export const geometryShape = { ...figures, reticle: reticle.nullable() };

export const geometryItem = z
  .strictObject({
    product: z.string().meta({ examples: ['CQ-1000'] }),
    ...versionShape,
    ...geometryShape,
    gross_dice: z.int().min(0).meta({ description: 'Dice that lie wholly within the edge exclusion.' }),
  })
  .meta({ id: 'WaferGeometry' });
export type GeometryItem = z.output<typeof geometryItem>;

export const geometryPage = z
  .strictObject({ items: z.array(geometryItem), next_cursor: nextCursor })
  .meta({ id: 'WaferGeometryPage' });
export type GeometryPage = z.output<typeof geometryPage>;

export const listParameters = z.strictObject({ product: productParameter.optional(), ...versionList });
export type ListParameters = z.output<typeof listParameters>;
