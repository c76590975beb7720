import { c4, d2 } from './control-constants.ts';
import { mean, range, standardDeviation } from './moments.ts';

export interface SpecLimits {
  readonly lsl?: number | undefined;
  readonly usl?: number | undefined;
  readonly target?: number | undefined;
}

/** Capability indices; what a missing limit, too few values or no spread make undefined is null. */
export interface Capability {
  readonly n: number;
  readonly mean: number | null;
  readonly sigma_within: number | null;
  readonly sigma_overall: number | null;
  readonly cp: number | null;
  readonly cpl: number | null;
  readonly cpu: number | null;
  readonly cpk: number | null;
  readonly pp: number | null;
  readonly ppl: number | null;
  readonly ppu: number | null;
  readonly ppk: number | null;
  readonly cpm: number | null;
}

/** Up to this size the range is nearly as good as the standard deviation, and it is what the tables are made for. */
const MAX_RANGE_SUBGROUP = 10;

/** Single values in their order; sigma_within = mean moving range / d2(2), no range across a missing value (null). */
export function capabilityOfValues(values: readonly (number | null)[], limits: SpecLimits): Capability {
  const ranges: number[] = [];
  for (let i = 1; i < values.length; i++) {
    const [a, b] = [values[i - 1], values[i]];
    if (typeof a === 'number' && typeof b === 'number') ranges.push(Math.abs(a - b));
  }
  const within = ranges.length === 0 ? null : mean(ranges) / d2(2);
  return indices(
    values.filter((value) => value !== null),
    within,
    limits,
  );
}

/** Subgroups; sigma_within = mean of R/d2(n), or of S/c4(n) when one has more than 10 values. Single values count overall only. */
export function capabilityOfSubgroups(subgroups: readonly (readonly number[])[], limits: SpecLimits): Capability {
  const spread = subgroups.filter((values) => values.length > 1);
  const isSmall = spread.every((values) => values.length <= MAX_RANGE_SUBGROUP);
  const within =
    spread.length === 0
      ? null
      : mean(
          spread.map((values) =>
            isSmall ? range(values) / d2(values.length) : (standardDeviation(values) as number) / c4(values.length),
          ),
        );
  return indices(subgroups.flat(), within, limits);
}

/**
 * Cp = (USL - LSL) / 6 sigma_within, Cpl and Cpu = distance of the mean to its limit / 3 sigma_within, Cpk the lesser
 * of them; Pp … the same with the overall standard deviation (n - 1); Cpm = (USL - LSL) / 6 sqrt(sigma_within^2 +
 * (mean - target)^2). Source: NIST/SEMATECH e-Handbook 6.1.6; Montgomery 8.2, 8.3.
 */
function indices(values: readonly number[], within: number | null, { lsl, usl, target }: SpecLimits): Capability {
  const n = values.length;
  const centre = n === 0 ? null : mean(values);
  const overall = standardDeviation(values);
  const ratio = (distance: number | null, sigmas: number, sigma: number | null): number | null =>
    distance === null || sigma === null || sigma === 0 ? null : distance / (sigmas * sigma);
  const width = lsl === undefined || usl === undefined ? null : usl - lsl;
  const below = lsl === undefined || centre === null ? null : centre - lsl;
  const above = usl === undefined || centre === null ? null : usl - centre;
  const lesser = (a: number | null, b: number | null): number | null =>
    a === null ? b : b === null ? a : Math.min(a, b);
  const [cpl, cpu] = [ratio(below, 3, within), ratio(above, 3, within)];
  const [ppl, ppu] = [ratio(below, 3, overall), ratio(above, 3, overall)];
  const aroundTarget =
    within === null || target === undefined || centre === null ? null : Math.hypot(within, centre - target);
  return {
    n,
    mean: centre,
    sigma_within: within,
    sigma_overall: overall,
    cp: ratio(width, 6, within),
    cpl,
    cpu,
    cpk: lesser(cpl, cpu),
    pp: ratio(width, 6, overall),
    ppl,
    ppu,
    ppk: lesser(ppl, ppu),
    cpm: ratio(width, 6, aroundTarget),
  };
}
