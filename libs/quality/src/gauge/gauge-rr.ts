/** Gauge studies: how much of the measured variation comes from the gauge and its appraisers. */
import { d2, d3 } from '../numbers/control-constants.ts';
import { fUpperTail } from '../numbers/distributions.ts';
import { mean, range } from '../numbers/moments.ts';

export interface GaugeMeasurement {
  readonly part: string | number;
  readonly appraiser: string | number;
  readonly trial: string | number;
  readonly value: number;
}

/** Components are standard deviations; percentages are of the total variation (`tv`), 0..100. */
export interface GaugeStudy {
  /** Equipment variation: repeatability. */
  readonly ev: number;
  /** Appraiser variation: reproducibility. */
  readonly av: number;
  readonly grr: number;
  /** Part variation. */
  readonly pv: number;
  readonly tv: number;
  /** Number of distinct categories: 1.41 pv / grr, truncated; null when the gauge shows no variation. */
  readonly ndc: number | null;
  readonly percent_study: { ev: number | null; av: number | null; grr: number | null; pv: number | null };
  readonly anova?: { ss: { operator: number; part: number; interaction: number; equipment: number; total: number } };
}

/** The measurements are not a complete crossed design. */
export class GaugeDesignError extends Error {
  override readonly name = 'GaugeDesignError';
}

/** Values by part, appraiser and trial; every appraiser measures every part equally often. */
type Design = readonly (readonly (readonly number[])[])[];

/** @throws GaugeDesignError unless there are two or more parts, appraisers and trials, each combination occurring once */
function designOf(measurements: readonly GaugeMeasurement[]): Design {
  // A number and a text that look alike are the same name: one sheet may hold 1, another "1".
  const names = (of: (m: GaugeMeasurement) => string | number): string[] => [
    ...new Set(measurements.map((m) => String(of(m)))),
  ];
  const parts = names((m) => m.part);
  const appraisers = names((m) => m.appraiser);
  const trials = names((m) => m.trial);
  for (const [what, found] of [
    ['parts', parts],
    ['appraisers', appraisers],
    ['trials', trials],
  ] as const) {
    if (found.length < 2) {
      throw new GaugeDesignError(`needs two or more ${what}, has ${found.length}`);
    }
  }
  const cells = new Map<string, number>();
  for (const { part, appraiser, trial, value } of measurements) {
    const key = JSON.stringify([String(part), String(appraiser), String(trial)]);
    if (cells.has(key)) {
      throw new GaugeDesignError('repeats a combination of part, appraiser and trial');
    }
    cells.set(key, value);
  }
  return parts.map((part) =>
    appraisers.map((appraiser) =>
      trials.map((trial) => {
        const value = cells.get(JSON.stringify([part, appraiser, trial]));
        if (value === undefined) {
          throw new GaugeDesignError('is not complete: every appraiser must measure every part in every trial');
        }
        return value;
      }),
    ),
  );
}

function study(ev: number, av: number, pv: number): Omit<GaugeStudy, 'anova'> {
  const grr = Math.hypot(ev, av);
  const tv = Math.hypot(grr, pv);
  const percent = (component: number): number | null => (tv === 0 ? null : (100 * component) / tv);
  return {
    ev,
    av,
    grr,
    pv,
    tv,
    ndc: grr === 0 ? null : Math.trunc((1.41 * pv) / grr),
    percent_study: { ev: percent(ev), av: percent(av), grr: percent(grr), pv: percent(pv) },
  };
}

const meanOfPart = (part: Design[number]): number => mean(part.flat());
const appraiserMeans = (design: Design): number[] =>
  (design[0] as Design[number]).map((_, a) => mean(design.flatMap((part) => part[a] as readonly number[])));

/** 1 / d2* for one range of n values: AIAG's K2 and K3. d2* = sqrt(d2^2 + d3^2) corrects for there being a single range. */
const oneRange = (n: number): number => 1 / Math.hypot(d2(n), d3(n));

/**
 * Average and range method. Source: AIAG, Measurement Systems Analysis, 4th edition, III-B.
 *
 * @throws GaugeDesignError
 */
export function averageRangeStudy(measurements: readonly GaugeMeasurement[]): GaugeStudy {
  const design = designOf(measurements);
  const [parts, appraisers, trials] = [design.length, design[0]?.length ?? 0, design[0]?.[0]?.length ?? 0];
  if (Math.max(parts, appraisers, trials) > 25) {
    throw new GaugeDesignError('has more than 25 parts, appraisers or trials, too many for ranges: use anova');
  }
  const ev = mean(design.flatMap((part) => part.map((values) => range(values)))) / d2(trials);
  const between = range(appraiserMeans(design)) * oneRange(appraisers);
  const av = Math.sqrt(Math.max(0, between ** 2 - ev ** 2 / (parts * trials)));
  const pv = range(design.map(meanOfPart)) * oneRange(parts);
  return study(ev, av, pv);
}

/** Above this p the interaction of part and appraiser counts as repeatability. */
const POOL_ABOVE_P = 0.25;

/**
 * Two-way crossed ANOVA with random parts and appraisers. av combines appraiser and interaction, so that
 * grr^2 = ev^2 + av^2. An interaction with p above 0.25 is pooled into repeatability.
 * Source: AIAG, Measurement Systems Analysis, 4th edition, III-B and appendix A.
 *
 * @throws GaugeDesignError
 */
export function anovaStudy(measurements: readonly GaugeMeasurement[]): GaugeStudy {
  const design = designOf(measurements);
  const [n, k, r] = [design.length, design[0]?.length ?? 0, design[0]?.[0]?.length ?? 0];
  const values = design.flat(2);
  const grand = mean(values);
  const squares = (numbers: readonly number[], around: number): number =>
    numbers.reduce((sum, value) => sum + (value - around) ** 2, 0);
  const total = squares(values, grand);
  // A remainder of rounding is not variation: a gauge of coarse steps would have a hundred million categories.
  const unrounded = (sum: number): number => (sum > values.length * Number.EPSILON * total ? sum : 0);
  const part = unrounded(k * r * squares(design.map(meanOfPart), grand));
  const operator = unrounded(n * r * squares(appraiserMeans(design), grand));
  const equipment = design.flat().reduce((sum, cell) => sum + squares(cell, mean(cell)), 0);
  const cells = r * squares(design.flat().map(mean), grand);
  const interaction = unrounded(cells - part - operator);

  const [dfPart, dfOperator, dfInteraction, dfEquipment] = [n - 1, k - 1, (n - 1) * (k - 1), n * k * (r - 1)];
  const msInteraction = interaction / dfInteraction;
  const msEquipment = equipment / dfEquipment;
  const p =
    msEquipment === 0
      ? msInteraction === 0
        ? 1
        : 0
      : fUpperTail(msInteraction / msEquipment, dfInteraction, dfEquipment);
  const isPooled = p > POOL_ABOVE_P;
  const repeatability = isPooled ? (interaction + equipment) / (dfInteraction + dfEquipment) : msEquipment;
  const reference = isPooled ? repeatability : msInteraction;
  const component = (ms: number, times: number): number => Math.max(0, (ms - reference) / times);
  const interactionVariance = isPooled ? 0 : Math.max(0, (msInteraction - msEquipment) / r);
  return {
    ...study(
      Math.sqrt(repeatability),
      Math.sqrt(component(operator / dfOperator, n * r) + interactionVariance),
      Math.sqrt(component(part / dfPart, k * r)),
    ),
    anova: { ss: { operator, part, interaction, equipment, total } },
  };
}
