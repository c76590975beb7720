import { capabilityOfMoments, d2, type UnitConversion, unitConversion } from '@chip/quality';
import { Injectable } from '@nestjs/common';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { readyToCount } from '../attempts/ready-to-count.ts';
import { Problem } from '../http/problem.error.ts';
import { specificationOf } from '../measured/catalogue-unit.ts';
import { Snapshots } from '../sql/snapshots.ts';
import { type CapabilitiesAnswer, type CapabilitiesParameters } from './capabilities-answer.ts';
import {
  differencesOf,
  isAmbiguous,
  momentsOfParameters,
  type NamedSpecification,
  type ParameterMoments,
  specificationsOfProduct,
} from './capabilities.sql.ts';
import { CAPABILITY_DEFINITION } from './capability-answer.ts';

/** Most parameters in one answer. */
const MAX_PARAMETERS = 5000;
/** Fewer values say nothing of stability. */
const LEAST_VALUES = 20;
/** Of a normal distribution beyond 3 sigma. */
const BEYOND_3_SIGMA = 0.0027;

type Item = CapabilitiesAnswer['parameters'][number];

/** Computes the capability of every parameter of a product at once. */
@Injectable()
export class CapabilitiesQuery {
  constructor(private readonly snapshots: Snapshots) {}

  answer(asked: CapabilitiesParameters): Promise<CapabilitiesAnswer> {
    const { product, to, mix } = asked;
    return this.snapshots.answer(async (snapshot) => {
      const question = { ...(await readyToCount(snapshot, asked)), isMixed: mix === 'yes' };
      const moments = await momentsOfParameters(snapshot, question, d2(2), MAX_PARAMETERS + 1);
      if (moments.length > MAX_PARAMETERS) {
        const message = `has more than ${MAX_PARAMETERS} parameters: narrow the filters`;
        throw new Problem(400, 'invalid_parameter', `product ${message}`, [{ parameter: 'product', message }]);
      }
      const byName = Map.groupBy(await specificationsOfProduct(snapshot, product, to), ({ name }) => name);
      return {
        definition: `Per parameter, as of single values with moving ranges that break at a new lot (where lots have several values), worst cpk first. Limits and target: of the catalogue at the end of the range, else those that the machines tested by. ${CAPABILITY_DEFINITION.definition} is_stable: at most 0.0027 n + 3.09 sqrt(0.0027 n) + 1 values lie beyond mean -+ 3 sigma_within. ${describeChoice(question, 'operation')}`,
        definition_id: 'capability.parameters/1',
        parameters: moments
          .map((of) => itemOf(of, byName.get(of.name) ?? [], { product, isMixed: question.isMixed }))
          .sort((a, b) => (a.cpk ?? Infinity) - (b.cpk ?? Infinity) || (a.parameter < b.parameter ? -1 : 1)),
      };
    });
  }
}

interface Context {
  readonly product: string;
  readonly isMixed: boolean;
}

function itemOf(of: ParameterMoments, specifications: readonly NamedSpecification[], context: Context): Item {
  const ambiguous = differencesOf(of);
  const specification = specificationOf(
    {
      product: context.product,
      step: of.steps.length === 1 ? (of.steps[0] as string) : '',
      recipe: of.recipes.length === 1 ? (of.recipes[0] ?? null) : null,
      site: of.sites.length === 1 ? (of.sites[0] as string) : '',
    },
    specifications,
  );
  const own = of.units.length === 1 ? (of.units[0] ?? null) : null;
  const unit = specification?.unit ?? own;
  // Values without a unit are taken to be in that of the catalogue, as charts take them.
  const conversion = own === null || unit === null || own === unit ? SAME : unitConversion(own, unit);
  const isUnclear = isAmbiguous(of, context.isMixed) || conversion === undefined;
  const { factor, offset } = conversion ?? SAME;
  const limits = limitsOf(of, specification, { factor, offset });
  const moments = {
    n: of.n,
    mean: of.mean === null ? null : of.mean * factor + offset,
    sigma_within: of.sigma_within === null ? null : of.sigma_within * Math.abs(factor),
    sigma_overall: of.sigma_overall === null ? null : of.sigma_overall * Math.abs(factor),
  };
  const { between_within: _, ...capability } = capabilityOfMoments(
    isUnclear ? { n: of.n, mean: null, sigma_within: null, sigma_overall: null } : moments,
    { lsl: limits.lsl ?? undefined, usl: limits.usl ?? undefined, target: limits.target ?? undefined },
  );
  // Ambiguous values keep their limits, so the unit is that of the limits.
  const isConverted = limits.limits_from === 'catalogue' || (conversion !== undefined && of.units.length === 1);
  const expected = BEYOND_3_SIGMA * of.n;
  const isJudged = !isUnclear && of.n >= LEAST_VALUES && of.sigma_within !== null;
  return {
    parameter: of.name,
    unit: isConverted ? unit : own,
    ...limits,
    ...capability,
    missing: of.missing,
    beyond_limits: isUnclear || of.n === 0 || of.sigma_within === null ? null : of.beyond / of.n,
    is_stable: isJudged ? of.beyond <= expected + 3.09 * Math.sqrt(expected) + 1 : null,
    ...(isUnclear && { ambiguous: ambiguous.length > 0 ? [...ambiguous] : (['unit'] as const).slice() }),
  };
}

const SAME = { factor: 1, offset: 0 };

function limitsOf(
  { lower_limit, upper_limit }: ParameterMoments,
  specification: NamedSpecification | undefined,
  { factor, offset }: UnitConversion,
): Pick<Item, 'lsl' | 'usl' | 'target' | 'limits_from'> {
  if (specification && (specification.lsl !== null || specification.usl !== null)) {
    const { lsl, usl, target } = specification;
    return { lsl, usl, target, limits_from: 'catalogue' };
  }
  const isTested = lower_limit !== null || upper_limit !== null;
  // Machines test in the unit of the values.
  const converted = (limit: number | null): number | null => (limit === null ? null : limit * factor + offset);
  return {
    lsl: converted(lower_limit),
    usl: converted(upper_limit),
    target: specification?.target ?? null,
    limits_from: isTested ? 'tested' : null,
  };
}
