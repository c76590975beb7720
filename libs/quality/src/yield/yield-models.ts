/**
 * Yield models: the fraction of dice without a killing defect, from the die area A and the defect density D0, and back.
 * Named by formula, because "Seeds" is 1 / (1 + A D0) in some texts and exp(-sqrt(A D0)) in others.
 * Source: May and Spanos, Fundamentals of Semiconductor Manufacturing and Process Control (2006), 5.2; Murphy, Proceedings
 * of the IEEE 52 (1964), 1537-1545; Stapper, IBM Journal of Research and Development 27 (1983), 549-557.
 */
export const YIELD_MODELS = ['poisson', 'murphy', 'exponential', 'negative_binomial'] as const;
export type YieldModel = (typeof YIELD_MODELS)[number];

export interface YieldModelParameters {
  /** For the negative binomial: clustering of defects, above 0; the smaller, the more clustered; infinity gives Poisson. */
  readonly alpha: number;
}

export const YIELD_MODEL_TEXTS: Readonly<Record<YieldModel, string>> = {
  poisson: 'exp(-A D0)',
  murphy: '((1 - exp(-A D0)) / (A D0))^2',
  exponential: '1 / (1 + A D0)',
  negative_binomial: '(1 + A D0 / alpha)^-alpha',
};

/** Below this, (1 - exp(-x)) / x is 1 - x/2 to the last digit. */
const TINY = 1e-12;
const murphyRoot = (x: number): number => (x < TINY ? 1 - x / 2 : -Math.expm1(-x) / x);

/**
 * Expected yield.
 *
 * @param defects A D0, the mean number of killing defects per die, not negative
 */
export function modelYield(model: YieldModel, defects: number, { alpha }: YieldModelParameters): number {
  switch (model) {
    case 'poisson':
      return Math.exp(-defects);
    case 'murphy':
      return murphyRoot(defects) ** 2;
    case 'exponential':
      return 1 / (1 + defects);
    case 'negative_binomial':
      return Math.exp(-alpha * Math.log1p(defects / alpha));
  }
}

/**
 * Mean number of killing defects per die, A D0, for a yield: the inverse of {@link modelYield}. Infinity when a double cannot
 * hold it.
 *
 * @param fraction above 0, up to 1
 */
export function modelDefects(model: YieldModel, fraction: number, { alpha }: YieldModelParameters): number {
  switch (model) {
    case 'poisson':
      return -Math.log(fraction) + 0;
    case 'murphy':
      return murphyDefects(fraction);
    case 'exponential':
      return 1 / fraction - 1;
    case 'negative_binomial':
      return alpha * Math.expm1(-Math.log(fraction) / alpha) + 0;
  }
}

/** No closed form, but (1 - exp(-x)) / x falls monotonically from 1, so bisection finds where it is the root of the yield. */
function murphyDefects(fraction: number): number {
  const root = Math.sqrt(fraction);
  // (1 - exp(-x)) / x lies below 1 / x.
  let [least, greatest] = [0, 1 / root];
  for (;;) {
    const middle = (least + greatest) / 2;
    if (middle <= least || middle >= greatest) {
      return middle;
    }
    if (murphyRoot(middle) > root) {
      least = middle;
    } else {
      greatest = middle;
    }
  }
}

/** Defects per unit; null without units. */
export const defectsPerUnit = (defects: number, units: number): number | null => (units === 0 ? null : defects / units);

/**
 * Defects per million opportunities; null without any.
 *
 * @param opportunities places per unit where a defect can occur, by agreement with the readers of the number
 */
export const defectsPerMillionOpportunities = (defects: number, units: number, opportunities: number): number | null =>
  units * opportunities === 0 ? null : (1e6 * defects) / (units * opportunities);
