/** What is asked of a history, by the cost that the service sees in it. */
import { HISTORY_DAYS, LARGE_LOT, TELEMETRY_DAYS, UNITS_PER_LOT, type HistorySize } from '../data/history.ts';

/** Path with parameters, by what it asks. */
export type Questions = Readonly<Record<string, string>>;

const DAY_MS = 86_400_000;

/** The lot in the middle of the history. */
const lotOf = ({ inspections }: HistorySize): string => `LOT${Math.floor(inspections / 2 / UNITS_PER_LOT)}`;

/** @returns the days from `from` up to `to` (exclusive), counted back from the begin of today, as parameters */
const days = (nowMs: number, from: number, to = 0): string => {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return `from=${new Date(today - from * DAY_MS).toISOString()}&to=${new Date(today - to * DAY_MS).toISOString()}`;
};

/** Lists and single items. */
export const cheapQuestions = (size: HistorySize): Questions => ({
  'list, newest 50': '/v1/inspections?limit=50',
  'list, failed of one equipment': '/v1/inspections?limit=50&result=fail&equipment_id=E3',
  'list, one lot': `/v1/inspections?limit=50&lot_id=${lotOf(size)}`,
  lots: '/v1/lots?limit=50',
  'one lot': `/v1/lots/${lotOf(size)}`,
  'what one machine touched': '/v1/equipment/E3/units?limit=50',
});

/** Statistics that one looks at all day. */
export const usualQuestions = (size: HistorySize, nowMs: number): Questions => ({
  'yield of a day, by equipment': `/v1/yield?group_by=equipment&${days(nowMs, 2, 1)}`,
  'yield of a year, by month': `/v1/yield?group_by=month&${days(nowMs, HISTORY_DAYS)}`,
  'first pass of a month, by day': `/v1/yield?kind=first_pass&group_by=day&${days(nowMs, 30)}`,
  'bins of a day': `/v1/bins/pareto?${days(nowMs, 2, 1)}`,
  'defects of a day': `/v1/defects/pareto?${days(nowMs, 2, 1)}`,
  'capability, one lot': `/v1/capability?parameter=width3&lot_id=${lotOf(size)}`,
  'control chart, one lot': `/v1/spc?parameter=width3&chart=imr&lot_id=${lotOf(size)}`,
  'map of one wafer': `/v1/lots/${lotOf(size)}/wafers/W3/map?value=hard_bin`,
  'comparison of equipment, a year': `/v1/equipment/compare?${days(nowMs, HISTORY_DAYS)}`,
  'telemetry summary, 24 h': `/v1/telemetry/summary?metric_name=metric3&${days(nowMs, 2, 1)}`,
  'telemetry series, a week': `/v1/telemetry/series?metric_name=metric3&${days(nowMs, 8, 1)}`,
  'telemetry series, 1 h of one service': `/v1/telemetry/series?metric_name=metric3&service_name=service1&${hour(nowMs)}`,
});

const hour = (nowMs: number): string => {
  const begin = Math.floor(nowMs / DAY_MS) * DAY_MS - 12 * 3_600_000;
  return `from=${new Date(begin).toISOString()}&to=${new Date(begin + 3_600_000).toISOString()}`;
};

/** Statistics over everything, one inspection type where types must not be mixed. */
export const expensiveQuestions = (nowMs: number): Questions => {
  const year = days(nowMs, HISTORY_DAYS);
  return {
    'capability, a year': `/v1/capability?parameter=width3&inspection_type=visual&mix=yes&${year}`,
    'control chart by lot, a year': `/v1/spc?parameter=width5&chart=xbar_s&subgroup=lot&inspection_type=electrical&mix=yes&rules=nelson&${year}`,
    'control chart of values, a month': `/v1/spc?parameter=width7&chart=imr&inspection_type=metrology&mix=yes&rules=nelson&max_points=1000&${days(nowMs, 30)}`,
    'yield of a year as known now': `/v1/yield?group_by=equipment&as_at=${new Date(nowMs - 60_000).toISOString()}&${year}`,
    'defects, a year': `/v1/defects/pareto?${year}`,
    'bins, a year': `/v1/bins/pareto?inspection_type=visual&${year}`,
  };
};

/** Statistics that are promised within a time over a year of a million inspections. */
export const yearQuestions = (nowMs: number): Questions => {
  const { 'yield of a year, by month': byMonth } = usualQuestions({ inspections: 0, samples: 0, days: 0 }, nowMs);
  const { 'control chart of values, a month': _, ...ofYear } = expensiveQuestions(nowMs);
  return {
    'yield of a year, by month': byMonth as string,
    'first-pass yield of a year, by equipment': `/v1/yield?kind=first_pass&group_by=equipment&${days(nowMs, HISTORY_DAYS)}`,
    'comparison of equipment, a year': `/v1/equipment/compare?${days(nowMs, HISTORY_DAYS)}`,
    ...ofYear,
  };
};

/** Body of a back-test of one parameter over a year, sample by sample. */
export const backTest = (nowMs: number): object => ({
  parameter: 'width5',
  chart: 'xbar_s',
  subgroup: 'lot',
  inspection_type: 'electrical',
  mix: 'yes',
  ...Object.fromEntries(new URLSearchParams(days(nowMs, HISTORY_DAYS))),
});

export const LARGE_MAP = `/v1/lots/${LARGE_LOT}/wafers/W1/map?value=hard_bin`;

/** Every sample that is stored, in the formats with types. */
export const typedExports = (nowMs: number): Questions =>
  Object.fromEntries(
    ['parquet', 'arrow'].map((format) => [
      `telemetry as ${format}`,
      `/v1/export/telemetry?format=${format}&${days(nowMs, TELEMETRY_DAYS)}`,
    ]),
  );

export const exportQuestions = (nowMs: number): Questions => ({
  'export of measurements': `/v1/export/measurements?format=csv&${days(nowMs, HISTORY_DAYS)}`,
  'export of inspections': `/v1/export/inspections?format=ndjson&${days(nowMs, HISTORY_DAYS)}`,
});
