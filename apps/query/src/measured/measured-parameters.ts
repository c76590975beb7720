import { SIGMA_METHODS } from '@chip/quality';
import { z } from 'zod';
import { mixParameter, policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { nameParameter } from '../http/parameters.ts';
import { BREAKS, type Subgroup } from './measured-samples.sql.ts';

/** Most samples of one request; more would delay every other request. */
export const MAX_SAMPLES = 50_000;
export const sigmaMethodSchema = z.enum(SIGMA_METHODS);
export const SIGMA_METHOD_TEXT =
  'How sigma within subgroups is estimated. weighted (default): mean of R/d2(n) or S/c4(n), each weighted by the inverse of its variance. mean: the same without weights. pooled: root of the pooled variance / c4.';

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
      'How samples are formed: lot, wafer, day (UTC), or so many values one after the other. Default 1 for imr, ewma, cusum and capability, else lot.',
    example: 'lot',
  });

/** What every question about measured values has. */
export const measuredParameters = {
  policy: policyParameter,
  ...statisticParameters,
  subgroup: subgroupParameter.optional(),
  break_at: z.enum(BREAKS).optional().meta({
    description:
      'Moving ranges span no new lot, wafer or product. Default: lot for single values where a lot has several of them, else none.',
    example: 'none',
  }),
  sigma_method: sigmaMethodSchema.optional().meta({ description: SIGMA_METHOD_TEXT, example: 'weighted' }),
  mix: mixParameter('units, inspection types, products, steps and recipes'),
};
export const measurementParameter = nameParameter('Name of the measurement.', 's000', 200);
