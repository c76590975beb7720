import { finiteNumber } from '@chip/contracts';
import { z } from 'zod';
import { nextCursor, timeText } from '../http/answers.ts';
import { reasonText, specLimitsInOrder, storedName, storedText } from '../http/body.ts';
import {
  nameParameter,
  pageParameters,
  productParameter,
  siteParameter,
  stepParameter,
  timeParameter,
} from '../http/parameters.ts';

export const listParameters = z.strictObject({
  name: nameParameter('Name of the measurement.', 's000', 200).optional(),
  product: productParameter.optional(),
  step: stepParameter.optional(),
  recipe: nameParameter('Recipe that the equipment ran.', 'CD-17').optional(),
  site: siteParameter.optional(),
  in_force_at: timeParameter
    .meta({
      format: 'date-time',
      description:
        'Only the versions in force at this time. Default: every version, including superseded and withdrawn ones.',
      example: '2026-03-02T08:00:00Z',
    })
    .optional(),
  ...pageParameters,
});
export type ListParameters = z.output<typeof listParameters>;

const VALUES = ['unit', 'lsl', 'usl', 'target'] as const;

export const parameterRequest = z
  .strictObject({
    name: storedText(1, 200).meta({ description: 'Name of the measurement, as the machines send it.' }),
    product: storedName.optional().meta({ description: 'Default: every product. The most specific entry applies.' }),
    step: storedName.optional(),
    recipe: storedName.optional(),
    site: storedName.optional(),
    valid_from: timeParameter.meta({ format: 'date-time', description: 'Time from which the version is in force.' }),
    unit: storedText(1, 50)
      .optional()
      .meta({ description: 'Unit of the limits. Values in another unit of the same kind are converted into it.' }),
    lsl: finiteNumber.optional().meta({ description: 'Lower specification limit.' }),
    usl: finiteNumber.optional().meta({ description: 'Upper specification limit.' }),
    target: finiteNumber.optional(),
    withdraw: z.literal(true).optional().meta({
      description: 'Withdraw the version with this valid_from because it was wrong: it no longer applies to any time.',
    }),
    reason: reasonText.meta({ description: 'Why, for the audit trail.' }),
  })
  .superRefine((given, context) => {
    specLimitsInOrder(given, context);
    for (const member of VALUES) {
      if (given.withdraw && given[member] !== undefined) {
        context.addIssue({ code: 'custom', path: [member], message: 'does not belong to a withdrawal' });
      }
    }
  })
  .meta({
    id: 'ParameterRequest',
    example: {
      name: 's000',
      product: 'CQ-1000',
      valid_from: '2026-01-01T00:00:00Z',
      unit: 'nm',
      lsl: 2800,
      usl: 3200,
      target: 3000,
      reason: 'specification 17, revision C',
    },
  });
export type ParameterRequest = z.output<typeof parameterRequest>;

const scope = z.string().nullable();
const limit = z.number().nullable();

export const parameterItem = z
  .strictObject({
    id: z.string().meta({ format: 'uuid', examples: ['0d6a2d1c-8a4e-5c43-9d53-0f8f4a3b2c11'] }),
    name: z.string().meta({ examples: ['s000'] }),
    product: scope.meta({ description: 'null = every product without an entry of its own.' }),
    step: scope,
    recipe: scope,
    site: scope,
    unit: z
      .string()
      .nullable()
      .meta({ examples: ['nm'] }),
    lsl: limit,
    usl: limit,
    target: limit,
    valid_from: timeText,
    valid_to: timeText.nullable().meta({
      description: 'Start of the next version; null if there is none and for a withdrawn version.',
    }),
    reason: z.string(),
    created_by: z.string(),
    created_at: timeText,
    withdrawn_at: timeText
      .nullable()
      .meta({ description: 'When the version was withdrawn; from then on it applies to no time.' }),
    withdrawn_by: z.string().nullable(),
    withdrawal_reason: z.string().nullable(),
  })
  .meta({ id: 'Parameter' });
export type ParameterItem = z.output<typeof parameterItem>;

export const parameterPage = z
  .strictObject({ items: z.array(parameterItem), next_cursor: nextCursor })
  .meta({ id: 'ParameterPage' });
export type ParameterPage = z.output<typeof parameterPage>;
