import { z } from 'zod';
import { endsInOrder, numberParameter } from '../http/parameters.ts';
import { measuredParameters, measurementParameter } from '../measured/measured-parameters.ts';
import { specLimitsInOrder } from '../http/body.ts';

const limit = (what: string, example: number) => numberParameter(what, example).optional();
export const capabilityParameters = z
  .strictObject({
    parameter: measurementParameter,
    lsl: limit('Lower specification limit.', 2800),
    usl: limit('Upper specification limit.', 3200),
    target: limit('Target, for Cpm and Ppm; within the limits.', 3000),
    ...measuredParameters,
  })
  .superRefine((given, context) => {
    endsInOrder(given, context);
    specLimitsInOrder(given, context);
    const isOfValues = (given.subgroup ?? 1) === 1;
    if (given.break_at !== undefined && !isOfValues) {
      context.addIssue({ code: 'custom', path: ['break_at'], message: 'applies to single values only (subgroup=1)' });
    }
    if (given.sigma_method !== undefined && isOfValues) {
      context.addIssue({ code: 'custom', path: ['sigma_method'], message: 'applies to subgroups only' });
    }
  });
export type CapabilityParameters = z.output<typeof capabilityParameters>;
