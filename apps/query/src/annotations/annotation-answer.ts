import { z } from 'zod';
import { nextCursor, timeText } from '../http/answers.ts';
import { reasonText, storedName, storedText } from '../http/body.ts';
import {
  endsInOrder,
  equipmentParameter,
  pageParameters,
  productParameter,
  siteParameter,
  stepParameter,
  timeParameter,
} from '../http/parameters.ts';
import { measurementParameter } from '../measured/measured-parameters.ts';

/** What a note can be restricted to. */
export const SCOPES = ['parameter', 'product', 'step', 'site', 'equipment_id'] as const;

const MAX_NOTE = 1000;

const time = (description: string, example: string) =>
  timeParameter.optional().meta({ format: 'date-time', description, example });

export const listParameters = z
  .strictObject({
    parameter: measurementParameter.optional().meta({
      description: 'Notes on charts of this measurement, and those that name none.',
      example: 'gate_cd',
    }),
    product: productParameter.optional(),
    step: stepParameter.optional(),
    site: siteParameter.optional(),
    equipment_id: equipmentParameter.optional(),
    from: time('Notes that reach to this time or later.', '2026-03-01T00:00:00Z'),
    to: time('Notes that begin before this time.', '2026-04-01T00:00:00Z'),
    withdrawn: z.enum(['no', 'yes']).default('no').meta({ description: 'yes: withdrawn ones, too.' }),
    ...pageParameters,
  })
  .superRefine(endsInOrder);
export type ListParameters = z.output<typeof listParameters>;

export const annotationPath = z.strictObject({
  id: z.uuid().meta({ description: 'Id of an annotation.', example: '0d6a2d1c-8a4e-4c43-9d53-0f8f4a3b2c11' }),
});

const instant = timeParameter.meta({ format: 'date-time' });

export const annotationRequest = z
  .strictObject({
    parameter: storedText(1, 200).optional().meta({ description: 'Measurement whose charts show it. Absent: any.' }),
    product: storedName.optional(),
    step: storedName.optional(),
    site: storedName.optional(),
    equipment_id: storedName.optional(),
    begins_at: instant.meta({ description: 'When it happened, or began.' }),
    ends_at: instant.optional().meta({ description: 'When it ended. Absent: a moment.' }),
    note: storedText(1, MAX_NOTE).meta({ description: 'What happened; also the reason in the audit trail.' }),
  })
  .refine(({ begins_at, ends_at }) => ends_at === undefined || begins_at < ends_at, {
    path: ['ends_at'],
    error: 'expected a time after begins_at',
  })
  .meta({
    id: 'AnnotationRequest',
    example: {
      step: 'GATE-CD',
      equipment_id: 'CDSEM-02',
      begins_at: '2026-03-02T08:00:00Z',
      note: 'pump exchanged',
    },
  });
export type AnnotationRequest = z.output<typeof annotationRequest>;

export const withdrawalRequest = z
  .strictObject({ reason: reasonText.meta({ description: 'Why it was wrong, for the audit trail.' }) })
  .meta({ id: 'AnnotationWithdrawal', example: { reason: 'it was the other machine' } });
export type WithdrawalRequest = z.output<typeof withdrawalRequest>;

const named = z.string().nullable().meta({ description: 'null = any.' });

export const annotationItem = z
  .strictObject({
    id: z.string().meta({ format: 'uuid' }),
    parameter: named,
    product: named,
    step: named,
    site: named,
    equipment_id: named,
    begins_at: timeText,
    ends_at: timeText.nullable().meta({ description: 'null = a moment.' }),
    note: z.string(),
    author: z.string().meta({ description: 'Subject that stored it.' }),
    created_at: timeText,
    withdrawn_at: timeText.nullable().meta({ description: 'Since when charts no longer show it.' }),
    withdrawn_by: z.string().nullable(),
    withdrawal_reason: z.string().nullable(),
  })
  .meta({ id: 'Annotation' });
export type AnnotationItem = z.output<typeof annotationItem>;

export const annotationPage = z
  .strictObject({ items: z.array(annotationItem), next_cursor: nextCursor })
  .meta({ id: 'AnnotationPage' });
export type AnnotationPage = z.output<typeof annotationPage>;
