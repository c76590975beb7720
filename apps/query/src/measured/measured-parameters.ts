import { SIGMA_METHODS } from '@chip/quality';
import { z } from 'zod';
import { mixParameter, policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { nameParameter } from '../http/parameters.ts';
import { BREAKS, type Subgroup } from './measured-samples.sql.ts';

/** Most samples in one request; more would delay every other request. */
export const MAX_SAMPLES = 50_000;
export const sigmaMethodSchema = z.enum(SIGMA_METHODS);
export const SIGMA_METHOD_TEXT =
  'Estimator of sigma within subgroups. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.';

const MAX_SUBGROUP = 1000;
const subgroupParameter = z
  .string()
  .transform((text, context): Subgroup => {
    if (text === 'lot' || text === 'wafer' || text === 'day') {
      return text;
    }
    const size = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : Infinity;
    if (size <= MAX_SUBGROUP) {
      return size;
    }
    context.addIssue({ code: 'custom', message: `expected lot, wafer, day or a number from 1 to ${MAX_SUBGROUP}` });
    return z.NEVER;
  })
  .meta({
    description:
      'How to form samples: by lot, wafer or day (UTC), or a number of consecutive values. Default 1 for imr, ewma, cusum and capability, else lot.',
    example: 'lot',
  });

/** Parameters of every question about measured values. */
export const measuredParameters = {
  policy: policyParameter,
  ...statisticParameters,
  subgroup: subgroupParameter.optional(),
  break_at: z.enum(BREAKS).optional().meta({
    description:
      'Moving ranges do not span a change of this. Default: lot for single values if a lot has several, else none.',
    example: 'none',
  }),
  sigma_method: sigmaMethodSchema.optional().meta({ description: SIGMA_METHOD_TEXT, example: 'weighted' }),
  mix: mixParameter('units, inspection types, products, steps and recipes'),
};
export const measurementParameter = nameParameter('Name of the measurement.', 's000', 200);
