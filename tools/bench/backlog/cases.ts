/** Backlogs that are worked off, and what is asked of them afterwards. */
import { inspectionBacklog, telemetryBacklog, type Backlog } from '../data/machine-data.ts';

export interface Case {
  readonly kind: 'telemetry' | 'inspections';
  readonly name: string;
  readonly backlog: (rows: number, nowMs: number) => Backlog;
  readonly questions: (nowMs: number) => Readonly<Record<string, string>>;
  /** Units in the database before the load. */
  readonly preloaded?: number;
  /** Of ingest and of writer; one when absent. */
  readonly instances?: number;
}

const HOUR_MS = 3_600_000;
const range = (nowMs: number, backMs: number): string =>
  `from=${new Date(nowMs - backMs).toISOString()}&to=${new Date(nowMs + HOUR_MS).toISOString()}`;

export const CASES: readonly Case[] = [
  {
    kind: 'telemetry',
    name: 'telemetry, one sample per record',
    backlog: (rows, nowMs) => telemetryBacklog(rows, 1, nowMs),
    questions: (nowMs) => ({
      'telemetry summary, 24 h': `/v1/telemetry/summary?metric_name=rf_forward_power_w&${range(nowMs, 24 * HOUR_MS)}`,
      'telemetry series of one host, 1 h': `/v1/telemetry/series?metric_name=rf_forward_power_w&host=tool-007.fab1&${range(nowMs, HOUR_MS)}`,
    }),
  },
  {
    kind: 'telemetry',
    name: 'telemetry, 100 samples per record',
    backlog: (rows, nowMs) => telemetryBacklog(rows, 100, nowMs),
    questions: () => ({}),
  },
  {
    kind: 'inspections',
    name: 'inspections, 444 measurements each',
    backlog: (rows, nowMs) => inspectionBacklog(Math.ceil(rows / 500), 444, nowMs),
    questions: () => ({}),
  },
  {
    kind: 'inspections',
    name: 'inspections, 10 measurements each',
    backlog: (rows, nowMs) => inspectionBacklog(Math.ceil(rows / 20), 10, nowMs),
    questions: (nowMs) => ({
      'yield by equipment, 30 d': `/v1/yield?group_by=equipment&${range(nowMs, 30 * 24 * HOUR_MS)}`,
      'yield by day, 1 d': `/v1/yield?group_by=day&${range(nowMs, 24 * HOUR_MS)}`,
      'list, newest 50': '/v1/inspections?limit=50',
      'list, failed of one equipment': '/v1/inspections?limit=50&result=fail&equipment_id=tester-3',
      'one lot': '/v1/lots/L00000',
    }),
  },
];

/** The last case, in a database that holds `units` before. */
export const beside = (units: number): Case => {
  const small = CASES.at(-1) as Case;
  return { ...small, name: `${small.name}, beside ${units.toLocaleString('en-US')} units`, preloaded: units };
};

/** A case worked off by so many ingests and writers. */
export const byInstances = (one: Case, instances: number): Case => ({
  ...one,
  name: `${one.name}, ${instances === 1 ? '1 instance' : `${instances} instances`}`,
  questions: () => ({}),
  instances,
});

/** Each case once, one of them by several instances and one beside units: shows that everything works, and compares nothing. */
export const briefly = (units: number, instances: number): readonly Case[] =>
  CASES.with(1, byInstances(CASES[1] as Case, instances)).with(-1, beside(units));
