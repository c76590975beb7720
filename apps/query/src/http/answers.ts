import { z } from 'zod';
import { PROBLEM_CODES } from './problem.error.ts';

/** Schemas that several answers share. The OpenAPI page shows them, and tests check real answers against them. */

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
      'The events that the answer includes: all below these offsets of the machine topics, read in the same snapshot as the numbers.',
  });

export const definitionSchema = z.string().meta({ description: 'What exactly is counted, and how.' });
/** Every aggregate states its own meaning with these. */
export const definitionShape = {
  definition: definitionSchema,
  definition_id: z.string().meta({
    description: 'Stable name of the definition; its number increases when the meaning changes.',
    examples: ['yield.first_pass/2'],
  }),
};

export const warningSchema = z
  .string()
  .optional()
  .meta({ description: 'Read this before you use the numbers; absent when there is nothing to warn of.' });

/** Name of a group of attempts, as `groupName` writes it. */
export const groupNameSchema = {
  key: z
    .string()
    .nullable()
    .meta({ description: 'Value of `group_by`; null where the machine stated none.', examples: ['2008-08'] }),
  site: z.string().optional().meta({ description: 'With group_by=lot or wafer.' }),
  lot_id: z.string().optional().meta({ description: 'With group_by=lot or wafer: a wafer is named within its lot.' }),
};

export const fraction = z.number().min(0).max(1);

/** Ends every page of a list. */
export const nextCursor = z
  .string()
  .nullable()
  .meta({ description: 'Pass it as `cursor` to get the next page; null at the end.' });

/** Shares of one bar of a Pareto chart. */
export const paretoShares = (of: string) => ({
  share: fraction.meta({ description: `Share of all ${of}.` }),
  cumulative_share: fraction,
});

/** A count. PostgreSQL counts in 64 bits; JSON numbers hold counts exactly up to 2^53. */
export const count = z.int().min(0);

export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(PROBLEM_CODES).meta({ description: 'Stable name of the problem; compare this, not the text.' }),
    detail: z.string().meta({ description: 'What is wrong with this request, for a person to read.' }),
    errors: z
      .array(
        z.strictObject({
          parameter: z.string().meta({ description: 'Name of the parameter, or JSON pointer into the body.' }),
          message: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document.' });
