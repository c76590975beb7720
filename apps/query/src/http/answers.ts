import { z } from 'zod';

/** Schemas of what several answers carry. They document the OpenAPI page and are checked against real answers in tests. */

export const timeText = z.string().meta({ format: 'date-time', examples: ['2008-07-19T11:55:00.000000Z'] });

export const asOfSchema = z
  .strictObject({
    time: timeText.nullable(),
    positions: z.array(
      z.strictObject({
        topic: z.string().meta({ examples: ['inspection.results.v1'] }),
        partition: z.int().meta({ examples: [0] }),
        next_offset: z.int().meta({ examples: [1567] }),
      }),
    ),
  })
  .meta({
    description:
      'What the answer has seen: every event below these offsets of the machine topics, read in the same snapshot as the numbers.',
  });

export const definitionSchema = z.string().meta({ description: 'What exactly was counted, and how.' });
/** What every aggregate says of its own meaning. */
export const definitionShape = {
  definition: definitionSchema,
  definition_id: z.string().meta({
    description: 'Stable name of the definition; its number goes up when the meaning changes.',
    examples: ['yield.first_pass/2'],
  }),
};

export const warningSchema = z
  .string()
  .optional()
  .meta({ description: 'What to know before the numbers are used; absent when there is nothing.' });

/** Name of a group of attempts, as `groupName` writes it. */
export const groupNameSchema = {
  key: z
    .string()
    .nullable()
    .meta({ description: 'Value of `group_by`; null where the machines gave none.', examples: ['2008-08'] }),
  site: z.string().optional().meta({ description: 'With group_by=lot or wafer.' }),
  lot_id: z.string().optional().meta({ description: 'With group_by=lot or wafer: a wafer is named within its lot.' }),
};

/** Ratio. */
export const fraction = z.number().min(0).max(1);

/** End of every page of a list. */
export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Give it as `cursor` for the next page; null at the end.' });

/** Shares of a bar of a Pareto. */
export const paretoShares = (of: string) => ({
  share: fraction.meta({ description: `Of all ${of}.` }),
  cumulative_share: fraction,
});

/** Count of things; PostgreSQL counts in 64 bits, JSON numbers hold them exactly up to 2^53. */
export const count = z.int().min(0);

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable name of the problem; compare this, not the texts.' }),
    detail: z.string(),
    errors: z.array(z.strictObject({ parameter: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document.' });
