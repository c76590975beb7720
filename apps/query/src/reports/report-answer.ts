import { z } from 'zod';
import { ATTEMPT_GROUPS } from '../attempts/attempt-groups.ts';
import { ATTEMPT_POLICIES } from '../attempts/chosen-attempts.ts';
import { CHARTS } from '../charts/chart-request.ts';
import { isOfCounts } from '../charts/chart-subgroups.ts';
import { asOfSchema, nextCursor, timeText } from '../http/answers.ts';
import { reasonText, storedName, storedText } from '../http/body.ts';
import { endsInOrder, lotParameter, pageParameters, productParameter, timeParameter } from '../http/parameters.ts';
import { PROBLEM_CODES } from '../http/problem.error.ts';
import { listOf } from '../http/request-check.ts';

const MAX_CHARTS = 20;

export const listParameters = z.strictObject({
  lot_id: lotParameter.optional(),
  product: productParameter.optional(),
  ...pageParameters,
});
export type ListParameters = z.output<typeof listParameters>;

export const reportPath = z.strictObject({
  id: z.uuid().meta({ description: 'Id of a report.', example: '0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11' }),
});

const instant = timeParameter.meta({ format: 'date-time' });

const chartSchema = z
  .strictObject({
    chart: z.enum(CHARTS),
    parameter: storedText(1, 200)
      .optional()
      .meta({ description: 'Name of the measurement; not for charts of counts.' }),
    subgroup: z
      .union([z.enum(['lot', 'wafer', 'day']), z.int().min(1).max(1000)])
      .optional()
      .meta({ description: 'As in GET /v1/spc.' }),
    limits: z.literal('current').optional().meta({ description: 'Frozen limits instead of those of the data.' }),
  })
  .superRefine(({ chart, parameter }, context) => {
    if ((parameter === undefined) !== isOfCounts(chart)) {
      const message = parameter === undefined ? `is required for ${chart}` : `does not belong to ${chart}`;
      context.addIssue({ code: 'custom', path: ['parameter'], message });
    }
  });

export const reportRequest = z
  .strictObject({
    name: storedText(1, 200).meta({ description: 'Title of the report.' }),
    reason: reasonText.meta({ description: 'Why, for the audit trail.' }),
    lot_id: storedName.optional().meta({ description: 'Adds the stacked map of the lot.' }),
    site: storedText(0, 100).optional(),
    product: storedName.optional(),
    step: storedName.optional(),
    recipe: storedName.optional(),
    equipment_id: storedName.optional(),
    inspection_type: storedText(1, 50).optional(),
    from: instant.optional().meta({ description: 'Only attempts completed at or after this time.' }),
    to: instant.optional().meta({ description: 'Only attempts completed before this time.' }),
    policy: z.enum(ATTEMPT_POLICIES).default('last').meta({ description: 'Which attempt represents a unit.' }),
    group_by: z
      .enum(ATTEMPT_GROUPS)
      .optional()
      .meta({ description: 'Groups of the yields. Default: wafer for a lot, otherwise none.' }),
    charts: listOf(chartSchema, MAX_CHARTS).default([]).meta({ description: 'Control charts to include.' }),
  })
  .superRefine(endsInOrder)
  .meta({
    id: 'ReportRequest',
    example: {
      name: 'Lot review LOT-2008-07-19',
      reason: 'customer complaint 4711',
      lot_id: 'LOT-2008-07-19',
      charts: [{ chart: 'imr', parameter: 's000' }],
    },
  });
export type ReportRequest = z.output<typeof reportRequest>;

const sectionSchema = z.strictObject({
  title: z.string().meta({ examples: ['First-pass yield by wafer'] }),
  route: z.string().meta({ description: 'The route that answers the same question.', examples: ['/v1/yield'] }),
  parameters: z.record(z.string(), z.unknown()).meta({ description: 'Its parameters.' }),
  answer: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'What the route answers; absent where it refuses.' }),
  problem: z
    .strictObject({ code: z.enum(PROBLEM_CODES), detail: z.string() })
    .optional()
    .meta({ description: 'Why the section has no answer, such as dies of several inspection types.' }),
});
export type ReportSection = z.output<typeof sectionSchema>;

const head = {
  id: z.string().meta({ format: 'uuid' }),
  name: z.string(),
  parameters: z.record(z.string(), z.unknown()).meta({ description: 'The request.' }),
  as_of: asOfSchema,
  sha256: z.string().meta({ description: 'Of the text of `result`, in hex: what to sign, or to note elsewhere.' }),
  created_by: z.string(),
  created_at: timeText,
};

export const reportPage = z
  .strictObject({ items: z.array(z.strictObject(head)), next_cursor: nextCursor })
  .meta({ id: 'ReportPage' });
export type ReportPage = z.output<typeof reportPage>;
export type ReportHead = ReportPage['items'][number];

const resultSchema = z.strictObject({
  name: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  as_of: asOfSchema,
  sections: z.array(sectionSchema),
});
export type ReportResult = z.output<typeof resultSchema>;

export const reportAnswer = z
  .strictObject({
    ...head,
    intact: z.boolean().meta({ description: 'Whether the stored text still has this SHA-256.' }),
    result: resultSchema.meta({ description: 'Every section is of the same snapshot.' }),
  })
  .meta({ id: 'Report' });
export type ReportAnswer = z.output<typeof reportAnswer>;
