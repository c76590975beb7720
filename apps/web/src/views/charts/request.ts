/** The question of a control chart, from the address of the view. */
import { type BacktestRequest, type paths, type SpcChart } from '@chip/client';
import { type Parameters, posted, question, type Question } from '../../api/ask.ts';

type SpcQuery = paths['/v1/spc']['get']['parameters']['query'];
export type ChartKind = SpcQuery['chart'];

/** Charts of a measurement. */
export const VALUE_CHARTS = ['xbar_s', 'xbar_r', 'imr', 'between_within', 'ewma', 'cusum'] as const;
/** Charts of failing units and of defects: without a measurement. */
export const COUNT_CHARTS = ['p', 'p_prime', 'np', 'u', 'u_prime', 'c'] as const;
export const RULE_SETS = ['beyond_limits', 'western_electric', 'nelson'] as const;
const BREAKS = ['none', 'lot', 'wafer', 'product'] as const;
const SUBGROUPS = ['lot', 'wafer', 'day'] as const;

const SINGLE_VALUES: readonly ChartKind[] = ['imr', 'ewma', 'cusum'];

export interface ChartChoice {
  readonly chart: ChartKind;
  readonly parameter: string | undefined;
  readonly step: string | undefined;
  readonly product: string | undefined;
  readonly equipment: string | undefined;
  readonly subgroup: string;
  readonly rules: (typeof RULE_SETS)[number];
  readonly breakAt: (typeof BREAKS)[number] | undefined;
  /** Frozen limits: `current` or an id. Absent: limits from what is shown. */
  readonly limits: string | undefined;
  readonly exclude: readonly number[];
  readonly isMixed: boolean;
  /** Times at which a phase with limits of its own begins, rising. */
  readonly phases: readonly string[];
  readonly from: string | undefined;
}

const oneOf = <T extends string>(list: readonly T[], text: string | undefined): T | undefined =>
  list.find((one) => one === text);

export const isOfCounts = (chart: ChartKind): boolean => oneOf(COUNT_CHARTS, chart) !== undefined;

/** Subgroups that a chart can have; single values by default where it takes them. */
export const subgroupsOf = (chart: ChartKind): readonly string[] =>
  SINGLE_VALUES.includes(chart) ? ['1', ...SUBGROUPS] : SUBGROUPS;

/** Breaks that can lie between the samples of a chart. */
export function breaksOf({ chart, subgroup }: Pick<ChartChoice, 'chart' | 'subgroup'>): readonly string[] {
  if (isOfCounts(chart) || chart.startsWith('xbar') || subgroup === 'day') {
    return [];
  }
  return BREAKS.filter(
    (one) => one === 'none' || one === 'product' || subgroup === '1' || (one === 'lot' && subgroup === 'wafer'),
  );
}

/** Reads what an address says; whatever it says wrongly falls back to the default. */
export function choiceOf(query: Readonly<Record<string, string>>, from: string | undefined): ChartChoice {
  const chart = oneOf([...VALUE_CHARTS, ...COUNT_CHARTS], query['chart']) ?? 'xbar_s';
  const subgroups = subgroupsOf(chart);
  const subgroup = oneOf(subgroups, query['subgroup']) ?? subgroups[0] ?? 'lot';
  return {
    chart,
    parameter: isOfCounts(chart) ? undefined : query['parameter'] || undefined,
    step: query['step'] || undefined,
    product: query['product'] || undefined,
    equipment: query['equipment'] || undefined,
    subgroup,
    rules: oneOf(RULE_SETS, query['rules']) ?? 'beyond_limits',
    breakAt: oneOf(BREAKS, oneOf(breaksOf({ chart, subgroup }), query['break_at'])),
    limits: query['limits'] || undefined,
    exclude: (query['exclude'] ?? '')
      .split(',')
      .filter((text) => /^\d{1,6}$/.test(text))
      .map(Number),
    isMixed: query['mix'] === 'yes',
    phases: (query['phases'] ?? '').split(',').filter((text) => !Number.isNaN(Date.parse(text))),
    from,
  };
}

/** Beginning of the range, in an address that names samples. */
export const beginningOf = ({ from }: Readonly<Record<string, string>>): string | undefined =>
  from === undefined || Number.isNaN(Date.parse(from)) ? undefined : from;

/** Parameters of an address that name the selected and the excluded samples. */
export const naming = (
  { from }: Pick<ChartChoice, 'from'>,
  sample: number | undefined,
  exclude: readonly number[],
): Parameters => ({
  sample,
  exclude: exclude.length === 0 ? undefined : [...exclude].sort((a, b) => a - b).join(','),
  from: sample === undefined && exclude.length === 0 ? undefined : from,
});

/** Whether enough is chosen for a chart. */
export const isComplete = ({ chart, parameter, step }: ChartChoice): boolean =>
  isOfCounts(chart) ? step !== undefined : parameter !== undefined;

const many = (name: string | undefined): string[] | undefined => (name === undefined ? undefined : [name]);

export const chartQuestion = (choice: ChartChoice): Question<SpcChart> =>
  question('/v1/spc', {
    query: {
      chart: choice.chart,
      parameter: choice.parameter,
      step: many(choice.step),
      product: many(choice.product),
      equipment_id: many(choice.equipment),
      subgroup: choice.subgroup,
      rules: choice.rules,
      break_at: choice.breakAt,
      mix: choice.isMixed ? 'yes' : undefined,
      from: choice.from,
      ...(choice.limits === undefined
        ? {
            exclude: choice.exclude.length === 0 ? undefined : choice.exclude.join(','),
            phases: choice.phases.length === 0 ? undefined : choice.phases.join(','),
          }
        : { limits: choice.limits }),
    },
  });

/** What describes a chart in the body of a request. */
export const limitsRequest = (choice: ChartChoice) => ({
  chart: choice.chart,
  policy: 'last' as const,
  subgroup: choice.subgroup === '1' ? 1 : (choice.subgroup as 'lot'),
  ...(choice.parameter === undefined ? {} : { parameter: choice.parameter }),
  ...(choice.step === undefined ? {} : { step: choice.step }),
  ...(choice.product === undefined ? {} : { product: choice.product }),
  ...(choice.equipment === undefined ? {} : { equipment_id: choice.equipment }),
  ...(choice.breakAt === undefined ? {} : { break_at: choice.breakAt }),
  ...(choice.isMixed ? { mix: 'yes' as const } : {}),
});

/** What the rules would have done on the samples of a chart. */
export const backtestQuestion = (choice: ChartChoice, from: string, to: string) =>
  posted('/v1/spc/backtest', {
    ...limitsRequest(choice),
    from,
    to,
    rules: choice.rules === 'beyond_limits' ? ['beyond_limits'] : choice.rules,
    ...(choice.limits === undefined ? {} : { limits: choice.limits }),
  } satisfies BacktestRequest);
