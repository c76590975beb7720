import {
  defectsPerMillionOpportunities,
  defectsPerUnit,
  modelDefects,
  modelYield,
  YIELD_MODEL_TEXTS,
  YIELD_MODELS,
} from '@chip/quality';
import { z } from 'zod';
import { definitionShape } from '../http/answers.ts';
import { integerParameter, numberParameter } from '../http/parameters.ts';

const DEFAULT_ALPHA = 2;
/** Beyond these, doubles no longer hold what a yield stands for. */
const LEAST_YIELD = 1e-9;
const [LEAST_ALPHA, GREATEST_ALPHA] = [0.1, 1e6];

/** A number of a query text, within bounds of its own. */
const bounded = (schema: z.ZodNumber, description: string, example: number) =>
  numberParameter(description, example).pipe(schema).optional().meta({ description, example });
const number = z.number();
const MAX_COUNT = 1e15 - 1;

export const modelParameters = z
  .strictObject({
    area_cm2: bounded(number.positive().max(1e6), 'Area of a die; needed with defect_density.', 0.5),
    defect_density: bounded(number.min(0).max(1e9), 'Killing defects per cm2 (D0).', 0.8),
    yield: bounded(
      number.min(LEAST_YIELD).max(1),
      'Fraction of good dice, 0..1: answers which defect density each model sees in it.',
      0.67,
    ),
    defects: integerParameter(0, MAX_COUNT).optional().meta({ description: 'Defects found on `units`.', example: 34 }),
    units: integerParameter(1, MAX_COUNT).optional().meta({ description: 'Units inspected.', example: 750 }),
    opportunities: integerParameter(1, 1e9)
      .optional()
      .meta({ description: 'Places of one unit where a defect can lie, for DPMO.', example: 10 }),
    alpha: bounded(
      number.min(LEAST_ALPHA).max(GREATEST_ALPHA),
      `Clustering of the negative binomial model: small = clustered. Default ${DEFAULT_ALPHA}.`,
      DEFAULT_ALPHA,
    ),
  })
  .superRefine((given, context) => {
    const complain = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    const ways = [given.defect_density, given.yield, given.defects].filter((value) => value !== undefined);
    if (ways.length !== 1) {
      complain('defect_density', 'expected one of defect_density, yield, and defects with units');
    }
    if (given.defect_density !== undefined && given.area_cm2 === undefined) {
      complain('area_cm2', 'is required with defect_density');
    }
    if ((given.defects === undefined) !== (given.units === undefined)) {
      complain(given.units === undefined ? 'units' : 'defects', 'is required too: defects and units go together');
    }
    if (given.opportunities !== undefined && given.defects === undefined) {
      complain('opportunities', 'needs defects and units');
    }
  });
export type ModelParameters = z.output<typeof modelParameters>;

const rate = z.number().min(0);
export const modelsAnswer = z
  .strictObject({
    ...definitionShape,
    models: z.array(
      z.strictObject({
        model: z.enum(YIELD_MODELS),
        formula: z.string().meta({ examples: ['exp(-A D0)'] }),
        yield: z.number().min(0).max(1),
        defects_per_die: rate.meta({ description: 'A D0.' }),
        defect_density: rate.nullable().meta({ description: 'D0 per cm2; null without area_cm2.' }),
      }),
    ),
    dpu: rate.nullable().meta({ description: 'Defects per unit; null without defects and units.' }),
    dpmo: rate.nullable().meta({ description: 'Defects per million opportunities; null without opportunities.' }),
  })
  .meta({ id: 'YieldModels' });
export type ModelsAnswer = z.output<typeof modelsAnswer>;

const DEFINITION =
  'A = area_cm2, D0 = killing defects per cm2, A D0 = mean number of them per die. exponential is the model of Seeds; towards alpha = infinity, negative_binomial becomes poisson. From a yield each model answers its own A D0, by its inverse; from defects and units A D0 = DPU = defects / units. DPMO = 1e6 x defects / (units x opportunities).';

/** Yield and defects per die of every model. */
export function answerModels(parameters: ModelParameters): ModelsAnswer {
  const { area_cm2, defect_density = 0, defects, units = 0, opportunities, alpha = DEFAULT_ALPHA } = parameters;
  const dpu = defects === undefined ? null : defectsPerUnit(defects, units);
  const given = dpu ?? (area_cm2 ?? 0) * defect_density;
  return {
    definition: `${DEFINITION} alpha = ${alpha}.`,
    definition_id: 'yield.models/1',
    models: YIELD_MODELS.map((model) => {
      const perDie = parameters.yield === undefined ? given : modelDefects(model, parameters.yield, { alpha });
      return {
        model,
        formula: YIELD_MODEL_TEXTS[model],
        yield: parameters.yield ?? modelYield(model, perDie, { alpha }),
        defects_per_die: perDie,
        defect_density: area_cm2 === undefined ? null : perDie / area_cm2,
      };
    }),
    dpu,
    dpmo:
      defects === undefined || opportunities === undefined
        ? null
        : defectsPerMillionOpportunities(defects, units, opportunities),
  };
}
