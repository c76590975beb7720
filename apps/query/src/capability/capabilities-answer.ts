import { z } from 'zod';
import { mixParameter, policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { asOfSchema, count, definitionShape, fraction } from '../http/answers.ts';
import { endsInOrder, productParameter } from '../http/parameters.ts';
import { capabilityShape } from './capability-answer.ts';

const { product: _product, ...filters } = statisticParameters;

export const capabilitiesParameters = z
  .strictObject({
    product: productParameter.meta({ description: 'Product whose parameters to judge.', example: 'CQ-1000' }),
    policy: policyParameter,
    ...filters,
    mix: mixParameter('inspection types, steps and recipes').meta({
      description:
        'yes: combine different inspection types, steps and recipes, which are otherwise `ambiguous`. Different units are never combined.',
    }),
  })
  .superRefine(endsInOrder);
export type CapabilitiesParameters = z.output<typeof capabilitiesParameters>;

const { between_within: _betweenWithin, ...indices } = capabilityShape;
const limit = z.number().nullable();

export const capabilitiesAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    parameters: z.array(
      z.strictObject({
        parameter: z.string().meta({ examples: ['s000'] }),
        unit: z.string().nullable(),
        lsl: limit,
        usl: limit,
        target: limit,
        limits_from: z.enum(['catalogue', 'tested']).nullable().meta({
          description:
            'catalogue: `/v1/parameters`. tested: the limits that the machines tested by, where they are the same for every value. null: there are none.',
        }),
        ...indices,
        missing: count.meta({ description: 'Values that the machines reported as missing.' }),
        beyond_limits: fraction.nullable().meta({
          description: 'Fraction of values beyond mean -+ 3 sigma_within; 0.0027 of a stable normal process.',
        }),
        is_stable: z.boolean().nullable().meta({
          description:
            'Whether no more values lie there than chance explains; indices of an unstable process predict nothing. null with fewer than 20 values.',
        }),
        ambiguous: z
          .array(z.enum(['unit', 'inspection_type', 'step', 'recipe']))
          .optional()
          .meta({
            description:
              'What differs between its values, so that its indices are null. Filter, or use mix=yes, which combines everything but units.',
          }),
      }),
    ),
  })
  .meta({ id: 'Capabilities' });
export type CapabilitiesAnswer = z.output<typeof capabilitiesAnswer>;
