import {
  benjaminiHochberg,
  compareTools,
  holm,
  LEAST_SAMPLES,
  oddsRatio,
  type ToolSample,
  wilsonInterval,
} from '@chip/quality';
import { z } from 'zod';
import { asOfSchema, count, definitionShape, fraction } from '../http/answers.ts';
import { policyParameter, statisticParameters } from '../attempts/attempt-parameters.ts';
import { describeChoice } from '../attempts/chosen-attempts.ts';
import { endsInOrder } from '../http/parameters.ts';
import { type EquipmentSample } from './lot-yields.sql.ts';

export const compareParameters = z
  .strictObject({
    sample: z.enum(['lot', 'wafer']).default('lot').meta({
      description:
        'What to compare: yields of lots, or of wafers. Use wafers only where the equipment processes each wafer of a lot on its own.',
      example: 'lot',
    }),
    policy: policyParameter.meta({
      description:
        "Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; the unit counts for its equipment.",
      example: 'last',
    }),
    ...statisticParameters,
  })
  .superRefine(endsInOrder);
export type CompareParameters = z.output<typeof compareParameters>;

const VERDICTS = ['worse', 'better', 'no_difference', 'inconclusive'] as const;
/** Corrected p below which equipment counts as different. */
const SIGNIFICANT = 0.05;

const probability = fraction.nullable();
export const compareAnswer = z
  .strictObject({
    as_of: asOfSchema,
    ...definitionShape,
    groups: z.array(
      z.strictObject({
        key: z.string().meta({ description: 'Equipment.', examples: ['AOI-03'] }),
        units: count,
        passed: count,
        failed: count,
        yield: fraction,
        yield_lower: fraction.meta({ description: 'Lower end of the 95 % interval of yield.' }),
        yield_upper: fraction.meta({ description: 'Upper end of the 95 % interval of yield.' }),
        odds_ratio: z
          .number()
          .nullable()
          .meta({ description: 'Odds of failing here / on all others; above 1 = worse. Across all products.' }),
        samples: count.meta({
          description: 'Lots (or wafers) of products and inspection types that other equipment also ran.',
        }),
        p: probability.meta({ description: 'Two-sided p for the samples of this equipment failing as all others do.' }),
        p_corrected: probability.meta({
          description: 'p corrected by Holm: bounds the chance of even one false verdict (at 5 %).',
        }),
        q: probability.meta({
          description:
            'p corrected by Benjamini and Hochberg: bounds the share of false verdicts among equipment called different.',
        }),
        verdict: z.enum(VERDICTS).meta({
          description: `worse or better when p_corrected is below ${SIGNIFICANT}; inconclusive with fewer than ${LEAST_SAMPLES} samples.`,
        }),
      }),
    ),
    totals: z.strictObject({
      units: count,
      passed: count,
      failed: count,
      yield: fraction.nullable(),
      p: probability.meta({ description: 'Kruskal-Wallis p for all equipment failing alike.' }),
      dispersion: z.number().min(1).nullable().meta({
        description:
          'Spread of the samples of one equipment relative to that of independent units (Pearson chi-square / degrees of freedom).',
      }),
    }),
  })
  .meta({ id: 'EquipmentComparison' });
export type CompareAnswer = z.output<typeof compareAnswer>;

/** Compares each equipment with all others. */
export function answerComparison(
  rows: readonly EquipmentSample[],
  parameters: CompareParameters,
): Omit<CompareAnswer, 'as_of'> {
  const comparison = compareTools(
    rows.map(({ equipment_id, inspection_type, product, units, passed, times }): ToolSample => ({
      tool: equipment_id,
      stratum: JSON.stringify([inspection_type, product]),
      units,
      passed,
      times,
    })),
  );
  const counts = new Map<string, { units: number; passed: number }>();
  let units = 0;
  let passed = 0;
  for (const row of rows) {
    const sum = counts.get(row.equipment_id) ?? { units: 0, passed: 0 };
    counts.set(row.equipment_id, {
      units: sum.units + row.units * row.times,
      passed: sum.passed + row.passed * row.times,
    });
    units += row.units * row.times;
    passed += row.passed * row.times;
  }
  const judged = comparison.tools.filter(({ p }) => p !== null);
  const ps = judged.map(({ p }) => p as number);
  const corrected = new Map(
    zip(
      judged.map(({ tool }) => tool),
      zip(holm(ps), benjaminiHochberg(ps)),
    ),
  );
  const groups = comparison.tools.map(({ tool, samples, z: score, p }): CompareAnswer['groups'][number] => {
    const own = counts.get(tool) ?? { units: 0, passed: 0 };
    const failed = own.units - own.passed;
    // Scales to the number of independent units that would vary as these do.
    const weight = 1 / (comparison.dispersion ?? 1);
    const interval = wilsonInterval(own.passed * weight, own.units * weight);
    const [holmP, q] = corrected.get(tool) ?? [null, null];
    return {
      key: tool,
      units: own.units,
      passed: own.passed,
      failed,
      yield: own.passed / own.units,
      yield_lower: interval?.lower ?? 0,
      yield_upper: interval?.upper ?? 1,
      odds_ratio:
        counts.size < 2
          ? null
          : oddsRatio({
              failed,
              passed: own.passed,
              othersFailed: units - passed - failed,
              othersPassed: passed - own.passed,
            }),
      samples,
      p,
      p_corrected: holmP,
      q,
      verdict:
        holmP === null ? 'inconclusive' : holmP >= SIGNIFICANT ? 'no_difference' : score > 0 ? 'worse' : 'better',
    };
  });
  groups.sort(
    (a, b) =>
      (a.p ?? 1) - (b.p ?? 1) ||
      (b.odds_ratio ?? 0) - (a.odds_ratio ?? 0) ||
      (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
  const { sample } = parameters;
  return {
    definition: `Yield per equipment. ${describeChoice(parameters, 'unit')} Units without equipment are excluded.${sample === 'wafer' ? ' Units of a lot that name no wafer are one sample.' : ''} p: rank sum test (van Elteren) of the fail fractions of its ${sample}s against those of all other equipment, within each product and inspection type; null with fewer than ${LEAST_SAMPLES} ${sample}s; p_corrected by Holm, q by Benjamini and Hochberg. Interval: Wilson, 95 %, with units / dispersion. totals.p: Kruskal-Wallis within each product and inspection type, summed. Correlation is not causation.`,
    definition_id: 'equipment.compare/2',
    groups,
    totals: {
      units,
      passed,
      failed: units - passed,
      yield: units === 0 ? null : passed / units,
      p: comparison.p,
      dispersion: comparison.dispersion,
    },
  };
}

const zip = <A, B>(as: readonly A[], bs: readonly B[]): [A, B][] => as.map((a, i) => [a, bs[i] as B]);
