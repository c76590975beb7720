import { z } from 'zod';
import { ATTEMPT_POLICIES } from '../attempts/chosen-attempts.ts';
import { storedName, storedText } from '../http/body.ts';
import { timeParameter } from '../http/parameters.ts';
import { SIGMA_METHOD_TEXT, sigmaMethodSchema } from '../measured/measured-parameters.ts';
import { type Break, BREAKS, type Subgroup } from '../measured/measured-samples.sql.ts';
import {
  type Chart,
  chartNumbers,
  CHARTS,
  DEFAULT_H,
  DEFAULT_K,
  DEFAULT_L,
  DEFAULT_LAMBDA,
} from '../charts/chart-request.ts';
import { breaksBetween, isOfCounts, subgroupOf } from '../charts/chart-subgroups.ts';

/** Members of a body that describe a chart of stored data, like the parameters of `GET /v1/spc`. */

const instant = timeParameter.meta({ format: 'date-time' });

/** `[from, to)` by completion time of the attempts. */
export const windowSchema = z
  .strictObject({ from: instant, to: instant })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'expected a time after from' });

/** Filters of the attempts: one name each, because each population has limits of its own. */
const filterShape = {
  product: storedName.optional(),
  step: storedName.optional(),
  recipe: storedName.optional(),
  site: storedName.optional(),
  equipment_id: storedName.optional(),
  inspection_type: storedText(1, 50).optional(),
};

export const chartBodyShape = {
  parameter: storedText(1, 200).optional().meta({ description: 'Name of the measurement; not for charts of counts.' }),
  chart: z.enum(CHARTS),
  subgroup: z
    .union([z.enum(['lot', 'wafer', 'day']), z.int().min(1).max(1000)])
    .optional()
    .meta({ description: 'As in GET /v1/spc. Default 1 for imr, ewma and cusum, otherwise lot.' }),
  ...filterShape,
  policy: z.enum(ATTEMPT_POLICIES).default('last').meta({ description: 'Which attempt represents a unit.' }),
  mix: z
    .literal('yes')
    .optional()
    .meta({ description: 'Combine populations that are otherwise refused as ambiguous.' }),
  break_at: z.enum(BREAKS).optional(),
};

export const chartSettingsShape = {
  sigma_method: sigmaMethodSchema.optional().meta({ description: SIGMA_METHOD_TEXT }),
  lambda: chartNumbers.lambda.optional().meta({ description: `EWMA; default ${DEFAULT_LAMBDA}.` }),
  l: chartNumbers.l.optional().meta({ description: `EWMA; default ${DEFAULT_L}.` }),
  k: chartNumbers.k.optional().meta({ description: `CUSUM; default ${DEFAULT_K}.` }),
  h: chartNumbers.h.optional().meta({ description: `CUSUM; default ${DEFAULT_H}.` }),
};

interface ChartBody {
  readonly chart: Chart;
  readonly parameter?: string | undefined;
  readonly subgroup?: Subgroup | undefined;
  readonly break_at?: Break | undefined;
}

/** Check for schemas with `chartBodyShape`. */
export function chartFits(given: ChartBody, context: z.RefinementCtx): void {
  const { chart, parameter, break_at } = given;
  const complain = (path: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [path], message });
  };
  if ((parameter === undefined) !== isOfCounts(chart)) {
    complain('parameter', parameter === undefined ? `is required for ${chart}` : `does not belong to ${chart}`);
  }
  if (break_at !== undefined && (isOfCounts(chart) || chart.startsWith('xbar'))) {
    complain('break_at', `does not belong to ${chart}`);
  } else if (break_at !== undefined && !breaksBetween(subgroupOf(given)).includes(break_at)) {
    complain('break_at', 'does not separate samples of this subgroup');
  }
}
