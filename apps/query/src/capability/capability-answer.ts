import { z } from 'zod';
import { asOfSchema, count, definitionShape } from '../http/answers.ts';

const index = z.number().nullable();
const sigma = z.number().min(0);
const interval = z.strictObject({ lower: z.number(), upper: z.number() }).nullable();
export const capabilityShape = {
  n: count,
  mean: index,
  sigma_within: index,
  sigma_overall: index,
  cp: index,
  cpl: index,
  cpu: index,
  cpk: index,
  pp: index,
  ppl: index,
  ppu: index,
  ppk: index,
  cpm: index,
  ppm: index.meta({ description: 'As cpm, with sigma_overall.' }),
  cpk_interval: interval.meta({ description: 'Of the true cpk, 95 %.' }),
  ppk_interval: interval.meta({ description: 'Of the true ppk, 95 %.' }),
  between_within: z
    .strictObject({ sigma_between: sigma, sigma_total: sigma, cp: index, cpl: index, cpu: index, cpk: index })
    .nullable()
    .meta({
      description:
        'For subgroups: the spread of their means beyond what the spread within explains, and the indices of both combined. null for single values, and without two neighbouring subgroups.',
    }),
};
export const CAPABILITY_DEFINITION = {
  definition:
    'sigma_within: for values, mean moving range / d2(2), no range spanning a missing value; for subgroups, by sigma_method (default weighted: mean of R/d2(n), or of S/c4(n) when any has more than 10 values, weighted by the inverse of their variances). sigma_overall: standard deviation (n - 1). Cp, Cpl, Cpu, Cpk and Cpm use sigma_within; Pp, Ppl, Ppu, Ppk and Ppm use sigma_overall. Intervals: index -+ 1.96 sqrt(1 / 9n + index^2 / (2n - 2)). between_within: sigma_between^2 = (mean moving range of the means / d2(2))^2 - sigma_within^2 mean(1/n), not below 0; sigma_total^2 = sigma_between^2 + sigma_within^2. null: undefined without the limit, with too few values, or without spread.',
  definition_id: 'capability/2',
};

export const capabilityAnswer = z
  .strictObject({ as_of: asOfSchema, ...definitionShape, ...capabilityShape })
  .meta({ id: 'ProcessCapability' });

export type CapabilityAnswer = z.output<typeof capabilityAnswer>;
