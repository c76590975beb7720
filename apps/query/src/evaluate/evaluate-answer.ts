import { finiteNumber, measuredNumber } from '@chip/contracts';
import { z } from 'zod';
import { capabilityShape } from '../capability/capability-answer.ts';
import { count, definitionShape } from '../http/answers.ts';
import { specLimitsInOrder } from '../http/body.ts';
import { listOf } from '../http/request-check.ts';
import { MAX_SAMPLES, SIGMA_METHOD_TEXT, sigmaMethodSchema } from '../measured/measured-parameters.ts';
import { chartShape, numbersCounted } from '../charts/chart-request.ts';

export const chartAnswer = z.strictObject({ ...chartShape, ...definitionShape }).meta({ id: 'Chart' });
export type ChartAnswer = z.output<typeof chartAnswer>;

export const capabilityRequest = z
  .strictObject({
    values: listOf(measuredNumber.nullable(), MAX_SAMPLES).optional(),
    subgroups: listOf(listOf(measuredNumber, 1000), MAX_SAMPLES).optional(),
    lsl: finiteNumber.optional(),
    usl: finiteNumber.optional(),
    target: finiteNumber.optional(),
    sigma_method: sigmaMethodSchema.optional().meta({ description: SIGMA_METHOD_TEXT }),
  })
  .superRefine((request, context) => {
    const { values, subgroups, sigma_method } = request;
    if ((values === undefined) === (subgroups === undefined)) {
      context.addIssue({ code: 'custom', path: ['values'], message: 'expected either values or subgroups' });
    }
    if (sigma_method !== undefined && subgroups === undefined) {
      context.addIssue({ code: 'custom', path: ['sigma_method'], message: 'applies to subgroups only' });
    }
    specLimitsInOrder(request, context);
  })
  .superRefine(numbersCounted)
  .meta({
    id: 'CapabilityRequest',
    example: { values: [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6], lsl: 40, usl: 60, target: 50 },
  });
export type CapabilityRequest = z.output<typeof capabilityRequest>;

export const capabilityAnswer = z.strictObject({ ...capabilityShape, ...definitionShape }).meta({ id: 'Capability' });
export type CapabilityAnswer = z.output<typeof capabilityAnswer>;

const name = z.union([z.string().min(1).max(100), finiteNumber]);
export const gaugeRequest = z
  .strictObject({
    method: z.enum(['average_range', 'anova']),
    measurements: listOf(
      z.strictObject({ part: name, appraiser: name, trial: name, value: measuredNumber }),
      MAX_SAMPLES,
    ),
  })
  .meta({
    id: 'GaugeRequest',
    example: {
      method: 'anova',
      measurements: ['a', 'b'].flatMap((appraiser) =>
        [1, 2].flatMap((part) => [1, 2].map((trial) => ({ part, appraiser, trial, value: part + trial / 10 }))),
      ),
    },
  });
export type GaugeRequest = z.output<typeof gaugeRequest>;
const deviation = z.number().min(0);
const percent = z.number().min(0).nullable();
export const gaugeAnswer = z
  .strictObject({
    ev: deviation,
    av: deviation,
    grr: deviation,
    pv: deviation,
    tv: deviation,
    ndc: count.nullable(),
    percent_study: z.strictObject({ ev: percent, av: percent, grr: percent, pv: percent }),
    anova: z
      .strictObject({
        ss: z.strictObject({
          operator: deviation,
          part: deviation,
          interaction: deviation,
          equipment: deviation,
          total: deviation,
        }),
      })
      .optional(),
    ...definitionShape,
  })
  .meta({ id: 'GaugeStudy' });
export type GaugeAnswer = z.output<typeof gaugeAnswer>;
