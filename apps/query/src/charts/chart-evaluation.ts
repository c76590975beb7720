import {
  allSteps,
  betweenWithinSteps,
  ChartDataError,
  type ControlChart,
  countChart,
  cusumChart,
  ewmaChart,
  individualsSteps,
  LARGE_SIGMA_Z,
  RULE_TEXTS,
  type SampleSummary,
  type SizedCount,
  type Spread,
  type Steps,
  subgroupSteps,
  TooLittleDataError,
} from '@chip/quality';
import { Problem } from '../http/problem.error.ts';
import {
  type Chart,
  type ChartRequest,
  DATA_OF,
  DEFAULT_H,
  DEFAULT_K,
  DEFAULT_L,
  DEFAULT_LAMBDA,
  rulesOf,
} from './chart-request.ts';

/** Data of a chart: the one member that its kind needs. */
export interface ChartData {
  readonly values?: readonly (number | null)[] | undefined;
  readonly samples?: readonly SampleSummary[] | undefined;
  readonly counts?: readonly SizedCount[] | undefined;
  /** For values that are means: the number of single values behind each. */
  readonly sizes?: readonly number[] | undefined;
  /** For values and samples: indices at which a new run begins. */
  readonly breaks?: ReadonlySet<number> | undefined;
  /** For between_within: the measure of spread of the whole chart, of which these samples may be a part. */
  readonly spread?: Spread | undefined;
}

export interface ChartSettings extends Omit<ChartRequest, 'values' | 'subgroups' | 'counts'> {
  /** Frozen: no limit comes from the data. */
  readonly limits?: ChartLimits | undefined;
}

/** What the limits of a chart are made of. */
export interface ChartLimits {
  /** Mean; of counts the rate per unit of size. */
  readonly centre: number;
  /** Of xbar_r and xbar_s that of single values, else that of the points; null for counts. */
  readonly sigma: number | null;
  /** Of between_within. */
  readonly sigma_within: number | null;
  /** Of p_prime and u_prime. */
  readonly sigma_z: number | null;
}

const unfit = (member: string, message: string): ChartDataError => new ChartDataError(member, message);

const OWNERS = {
  lambda: ['ewma'],
  l: ['ewma'],
  k: ['cusum'],
  h: ['cusum'],
  sigma_method: ['xbar_r', 'xbar_s', 'between_within'],
} as const satisfies Partial<Record<keyof ChartSettings, readonly Chart[]>>;

/** @throws ChartDataError when the data of a request are not those of its chart */
export function requireData(request: ChartRequest): void {
  const data = DATA_OF[request.chart];
  for (const member of ['values', 'subgroups', 'counts'] as const) {
    if ((request[member] !== undefined) !== (member === data)) {
      throw unfit(
        member,
        member === data
          ? `is required for ${request.chart}`
          : `does not apply to ${request.chart}, which takes ${data}`,
      );
    }
  }
}

/** @throws ChartDataError when an index to exclude is not that of a sample */
export function requireExcludable({ exclude }: ChartSettings, length: number): void {
  if (exclude?.some((index) => index >= length)) {
    throw unfit('exclude', `must lie within the ${length} samples`);
  }
}

/** @throws ChartDataError when settings do not fit the chart, or the chart does not fit the data */
export function* chartSteps(settings: ChartSettings, data: ChartData): Steps<ControlChart & { chart: Chart }> {
  const { chart, baseline, target, sigma } = settings;
  const { values = [], samples = [], counts = [], sizes, breaks, spread } = data;
  for (const [member, owners] of Object.entries(OWNERS) as [keyof typeof OWNERS, readonly Chart[]][]) {
    if (settings[member] !== undefined && !owners.includes(chart)) {
      throw unfit(member, `applies to ${owners.join(', ')}, not to ${chart}`);
    }
  }
  const length = Math.max(values.length, samples.length, counts.length);
  if (baseline && (baseline.from >= baseline.to || baseline.to > length)) {
    throw unfit('baseline', `must lie within the ${length} samples, with from before to`);
  }
  requireExcludable(settings, length);
  const exclude = settings.exclude && new Set(settings.exclude);
  const standard = settings.limits ? frozenStandard(chart, settings.limits) : { target, sigma, sizes };
  const options = { baseline, exclude, rules: rulesOf(settings.rules), breaks, ...standard };
  switch (chart) {
    case 'imr':
      return { chart, ...(yield* individualsSteps(values, options)) };
    case 'ewma':
      return {
        chart,
        ...ewmaChart(values, { lambda: settings.lambda ?? DEFAULT_LAMBDA, l: settings.l ?? DEFAULT_L }, options),
      };
    case 'cusum':
      return { chart, ...cusumChart(values, { k: settings.k ?? DEFAULT_K, h: settings.h ?? DEFAULT_H }, options) };
    case 'xbar_r':
    case 'xbar_s':
      return { chart, ...(yield* subgroupSteps(chart, samples, { ...options, sigmaMethod: settings.sigma_method })) };
    case 'between_within':
      return {
        chart,
        ...(yield* betweenWithinSteps(samples, { ...options, spread, sigmaMethod: settings.sigma_method })),
      };
    case 'p':
    case 'np':
    case 'c':
    case 'u':
    case 'p_prime':
    case 'u_prime':
      return { chart, ...countChart(chart, counts, options) };
  }
}

/** As {@link chartSteps}, at once: for a short part of a history. */
export const evaluateChart = (settings: ChartSettings, data: ChartData): ControlChart =>
  allSteps(chartSteps(settings, data));

/** Options of the charts that take the place of what they would estimate; a frozen sigma of points is not divided again. */
const frozenStandard = (chart: Chart, { centre, sigma, sigma_within, sigma_z }: ChartLimits) =>
  DATA_OF[chart] === 'counts'
    ? { rate: centre, sigmaZ: sigma_z ?? undefined }
    : { target: centre, sigma: sigma ?? undefined, sigmaWithin: sigma_within ?? undefined };

/**
 * Turns a ChartDataError into a 400 that names the part at fault; returns other errors unchanged.
 *
 * @param place where the fields are; stored: in a body, while the data is not
 */
export function asProblem(error: unknown, place: 'body' | 'query' | 'stored'): unknown {
  if (!(error instanceof ChartDataError)) {
    return error;
  }
  const { field, message } = error;
  if (place === 'body') {
    return new Problem(400, 'invalid_body', `${field} ${message}`, [{ parameter: `/${field}`, message }]);
  }
  const isOfData = field === 'values' || field === 'subgroups' || field === 'counts';
  const detail = `${field} ${message}`;
  // The data are not the caller's, so the kind of chart is at fault, or the range when there are too few.
  return place === 'query'
    ? new Problem(400, 'invalid_parameter', detail, [{ parameter: isOfData ? 'chart' : field, message: detail }])
    : new Problem(400, 'invalid_body', detail, [
        {
          parameter: isOfData ? (error instanceof TooLittleDataError ? '/baseline' : '/chart') : `/${field}`,
          message: detail,
        },
      ]);
}

/** Rules that assume that points lie symmetrically about the centre. */
const SYMMETRIC_RULES = ['western_electric_2', 'western_electric_3', 'nelson_5', 'nelson_6', 'nelson_7', 'nelson_8'];

/** Warns when the violations of a chart are doubtful; undefined when they are not. */
export function warningOf(settings: ChartSettings, { sigma_z }: Pick<ControlChart, 'sigma_z'>): string | undefined {
  const { chart } = settings;
  if (DATA_OF[chart] !== 'counts') {
    return undefined;
  }
  const warnings: string[] = [];
  if (chart !== 'p_prime' && chart !== 'u_prime' && sigma_z != null && sigma_z > LARGE_SIGMA_Z) {
    warnings.push(
      `The samples differ ${sigma_z.toFixed(1)} times as much as their sizes explain (sigma_z): these limits raise false alarms on stable samples. Use ${chart === 'p' || chart === 'np' ? 'p_prime' : 'u_prime'}.`,
    );
  }
  const skew = rulesOf(settings.rules).filter((rule) => SYMMETRIC_RULES.includes(rule));
  if (skew.length > 0) {
    warnings.push(
      `Counts are skewed about their centre, but ${skew.join(', ')} assume symmetry: expect more false alarms.`,
    );
  }
  return allWarnings(...warnings);
}

/** All warnings as one text; undefined if there are none. */
export function allWarnings(...given: readonly (string | undefined)[]): string | undefined {
  const warnings = given.filter((warning) => warning !== undefined);
  return warnings.length === 0 ? undefined : warnings.join(' ');
}

const SIGMA_WITHIN = {
  weighted: 'weighted by the inverse of their variances (sigma_method weighted)',
  mean: 'without weights (sigma_method mean)',
  pooled: '',
};
const ofSubgroups = (spread: string, { sigma_method = 'weighted' }: ChartSettings): string =>
  sigma_method === 'pooled'
    ? 'root of the pooled variance / c4 (sigma_method pooled)'
    : `mean of ${spread} over the subgroups, ${SIGMA_WITHIN[sigma_method]}`;

const CHART_TEXTS: Readonly<Record<Chart, (settings: ChartSettings) => string>> = {
  imr: () =>
    'Individuals and moving range: sigma = mean moving range / d2(2), no range spanning a missing value; limits: centre +- 3 sigma, for the ranges d2(2) sigma +- 3 d3(2) sigma.',
  xbar_r: (settings) =>
    `X-bar and R: sigma = ${ofSubgroups('R/d2(n)', settings)}; limits: centre +- 3 sigma / sqrt(n), for R d2(n) sigma +- 3 d3(n) sigma.`,
  xbar_s: (settings) =>
    `X-bar and S: sigma = ${ofSubgroups('S/c4(n)', settings)}; limits: centre +- 3 sigma / sqrt(n), for S c4(n) sigma +- 3 sqrt(1 - c4(n)^2) sigma.`,
  between_within: (settings) =>
    `Between and within (three-way): individuals chart of the subgroup means, sigma = mean moving range of the means / d2(2), also for the dispersion panel; within = R for subgroups of up to 10 values, else S, with sigma within = ${ofSubgroups('R/d2(n) or S/c4(n)', settings)}.`,
  p: () => 'Fraction failing: centre = failing / all; limits centre +- 3 sqrt(p (1 - p) / n), within 0..1.',
  np: () => 'Number failing: centre = n p; limits centre +- 3 sqrt(n p (1 - p)), within 0..n.',
  c: () => 'Events: centre = mean count; limits centre +- 3 sqrt(centre), not below 0.',
  u: () => 'Events per unit: centre = events / units; limits centre +- 3 sqrt(centre / n), not below 0.',
  p_prime: () =>
    "Fraction failing, Laney p': centre = failing / all; limits centre +- 3 sigma_z sqrt(p (1 - p) / n), within 0..1; sigma_z = mean moving range of the standardised fractions / d2(2).",
  u_prime: () =>
    "Events per unit, Laney u': centre = events / units; limits centre +- 3 sigma_z sqrt(centre / n), not below 0; sigma_z = mean moving range of the standardised rates / d2(2).",
  ewma: () =>
    'EWMA: value is z = lambda x + (1 - lambda) z; limits by point (time-varying), centre +- l sigma sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2 i))); sigma = mean moving range / d2(2) unless given.',
  cusum: () =>
    'Tabular CUSUM in data units: high and low sums with slack k sigma, limits h sigma; sigma = mean moving range / d2(2) unless given.',
};

/** States in words where the limits of a chart come from and which rules apply. */
export function defineChart(settings: ChartSettings): { definition: string; definition_id: string } {
  const { chart } = settings;
  const given = [
    ...(settings.target === undefined ? [] : ['Centre as given.']),
    ...(settings.sigma === undefined
      ? []
      : ['Sigma as given, for single values: every panel takes its limits from it, means with sigma / sqrt(n).']),
    ...(settings.limits === undefined ? [] : ['Limits frozen: none comes from the samples.']),
    ...(settings.baseline === undefined ? [] : ['Limits from the baseline only.']),
    ...(settings.exclude === undefined ? [] : ['Limits without the excluded samples.']),
  ];
  const rules = rulesOf(settings.rules).map((rule) => `${rule} = ${RULE_TEXTS[rule]}`);
  return {
    definition: [
      CHART_TEXTS[chart](settings),
      ...given,
      `Rules: ${rules.length === 0 ? 'none' : rules.join('; ')}.`,
      'Patterns are reported at their last point and do not span missing values; on the dispersion and within panels only limits apply.',
    ].join(' '),
    definition_id: `spc.${chart}/${NEW_CHARTS.includes(chart) ? 1 : 2}`,
  };
}
const NEW_CHARTS: readonly Chart[] = ['between_within', 'p_prime', 'u_prime'];
