/** Capability: how well a process fits its specification limits. */
import { movingRanges } from '../charts/moving-range.ts';
import { d2 } from '../numbers/control-constants.ts';
import { mean, standardDeviation } from '../numbers/moments.ts';
import {
  type SampleSummary,
  type SigmaMethod,
  spreadWithin,
  weightedMean,
  withinSigma,
} from '../numbers/within-sigma.ts';

export interface SpecLimits {
  readonly lsl?: number | undefined;
  readonly usl?: number | undefined;
  readonly target?: number | undefined;
}

/** Potential capability with the spread between samples added to the spread within them. */
export interface BetweenWithin {
  readonly sigma_between: number;
  /** Root of sigma_between^2 + sigma_within^2. */
  readonly sigma_total: number;
  readonly cp: number | null;
  readonly cpl: number | null;
  readonly cpu: number | null;
  readonly cpk: number | null;
}

/** Capability indices. An index is null where a limit is missing, values are too few, or they have no spread. */
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
  readonly ppm: number | null;
  /** Of the true Cpk and Ppk, 95 %. */
  readonly cpk_interval: Interval | null;
  readonly ppk_interval: Interval | null;
  /** Null for single values and for too few samples. */
  readonly between_within: BetweenWithin | null;
}

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Two-sided 95 % point of the normal distribution. */
const Z_95 = 1.959963984540054;

/**
 * Interval (95 %) of an index that n values estimate as `index`: index -+ z sqrt(1 / 9n + index^2 / (2n - 2)).
 * Source: Montgomery 8.2.5 (Zhang, Stenback and Wardrop 1990); for Cpk it takes sigma_within to be as precise as n - 1 values.
 */
const intervalOf = (index: number | null, n: number): Interval | null => {
  if (index === null || n < 2) {
    return null;
  }
  const half = Z_95 * Math.sqrt(1 / (9 * n) + index ** 2 / (2 * (n - 1)));
  return { lower: index - half, upper: index + half };
};

/** The summary that capability indices are computed from. */
export interface Moments {
  readonly n: number;
  readonly mean: number | null;
  readonly sigma_overall: number | null;
  readonly sigma_within: number | null;
}

/** Capability of single values, in order. sigma_within = mean moving range / d2(2); no range spans a missing value (null). */
export function capabilityOfValues(values: readonly (number | null)[], limits: SpecLimits): Capability {
  const present = values.filter((value) => value !== null);
  const ranges = movingRanges(values);
  return capabilityOfMoments(
    {
      n: present.length,
      mean: present.length === 0 ? null : mean(present),
      sigma_overall: standardDeviation(present),
      sigma_within: ranges.length === 0 ? null : mean(ranges) / d2(2),
    },
    limits,
  );
}

/**
 * Capability of samples. `withinSigma` estimates sigma_within from ranges, or from standard deviations when any sample has
 * more than 10 values. A sample of one value counts in the overall indices only. between_within: sigma of the means from
 * their moving ranges, minus the part that the spread within samples explains.
 */
export function capabilityOfSamples(
  samples: readonly SampleSummary[],
  limits: SpecLimits,
  method: SigmaMethod = 'weighted',
): Capability {
  const present = samples.filter(({ n }) => n > 0);
  const moments = { ...overall(present), sigma_within: withinSigma(present, spreadWithin(present), method) };
  return { ...capabilityOfMoments(moments, limits), between_within: betweenWithin(samples, moments, limits) };
}

/** Mean and standard deviation of all values, from those of the samples. */
function overall(samples: readonly SampleSummary[]): Omit<Moments, 'sigma_within'> {
  const n = samples.reduce((sum, sample) => sum + sample.n, 0);
  if (n === 0) {
    return { n, mean: null, sigma_overall: null };
  }
  const centre = weightedMean(
    samples.map((sample) => sample.mean),
    samples.map((sample) => sample.n),
  );
  const squares = samples.reduce(
    (sum, sample) => sum + (sample.n - 1) * sample.s ** 2 + sample.n * (sample.mean - centre) ** 2,
    0,
  );
  return { n, mean: centre, sigma_overall: n < 2 ? null : Math.sqrt(squares / (n - 1)) };
}

function betweenWithin(samples: readonly SampleSummary[], moments: Moments, limits: SpecLimits): BetweenWithin | null {
  const within = moments.sigma_within;
  const ranges = movingRanges(samples.map(({ n, mean: centre }) => (n === 0 ? null : centre)));
  if (within === null || ranges.length === 0) {
    return null;
  }
  const ofMeans = mean(ranges) / d2(2);
  const present = samples.filter(({ n }) => n > 0);
  const explained = within ** 2 * mean(present.map(({ n }) => 1 / n));
  const between = Math.sqrt(Math.max(0, ofMeans ** 2 - explained));
  const total = Math.hypot(between, within);
  const { cp, cpl, cpu, cpk } = capabilityOfMoments({ ...moments, sigma_within: total }, limits);
  return { sigma_between: between, sigma_total: total, cp, cpl, cpu, cpk };
}

/**
 * Cp = (USL - LSL) / 6 sigma_within; Cpl and Cpu = distance of the mean from that limit / 3 sigma_within; Cpk = the
 * smaller of the two. Pp, Ppl, Ppu and Ppk use the overall standard deviation (n - 1) instead.
 * Cpm = (USL - LSL) / 6 sqrt(sigma_within^2 + (mean - target)^2); Ppm uses the overall one.
 * Source: NIST/SEMATECH e-Handbook 6.1.6; Montgomery 8.2, 8.3.
 */
export function capabilityOfMoments(moments: Moments, { lsl, usl, target }: SpecLimits): Capability {
  const { n, mean: centre, sigma_within: within, sigma_overall } = moments;
  const ratio = (distance: number | null, sigmas: number, sigma: number | null): number | null =>
    distance === null || sigma === null || sigma === 0 ? null : distance / (sigmas * sigma);
  const width = lsl === undefined || usl === undefined ? null : usl - lsl;
  const below = lsl === undefined || centre === null ? null : centre - lsl;
  const above = usl === undefined || centre === null ? null : usl - centre;
  const lesser = (a: number | null, b: number | null): number | null =>
    a === null ? b : b === null ? a : Math.min(a, b);
  const [cpl, cpu] = [ratio(below, 3, within), ratio(above, 3, within)];
  const [ppl, ppu] = [ratio(below, 3, sigma_overall), ratio(above, 3, sigma_overall)];
  const [cpk, ppk] = [lesser(cpl, cpu), lesser(ppl, ppu)];
  const aroundTarget = (sigma: number | null): number | null =>
    sigma === null || target === undefined || centre === null ? null : Math.hypot(sigma, centre - target);
  return {
    n,
    mean: centre,
    sigma_within: within,
    sigma_overall,
    cp: ratio(width, 6, within),
    cpl,
    cpu,
    cpk,
    pp: ratio(width, 6, sigma_overall),
    ppl,
    ppu,
    ppk,
    cpm: ratio(width, 6, aroundTarget(within)),
    ppm: ratio(width, 6, aroundTarget(sigma_overall)),
    cpk_interval: intervalOf(cpk, n),
    ppk_interval: intervalOf(ppk, n),
    between_within: null,
  };
}
