/** Results as a table for people. */
import { MEASURED_PROCESSES, type LoadResult, type MeasuredProcess } from './measured-load.ts';
import type { LatencyResult } from './query-latency.ts';
import type { RawCopyResult } from './raw-copy.ts';

/** A load, and the raw copy of the same rows right after it. */
export interface Round {
  readonly load: LoadResult;
  readonly raw: RawCopyResult;
}

export interface CaseResult {
  readonly name: string;
  readonly kind: 'telemetry' | 'inspections';
  readonly rounds: readonly Round[];
}

/** When, where and with what something was measured. */
export interface Setting {
  readonly at: string;
  readonly command: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGib: number;
    readonly loadBefore: number;
  };
  readonly versions: Readonly<Record<string, string>>;
}

export interface BenchResult extends Setting {
  readonly cases: readonly CaseResult[];
  readonly queries: readonly LatencyResult[];
}

export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = Math.floor(ascending.length / 2);
  const upper = ascending[middle] as number;
  return ascending.length % 2 === 1 ? upper : ((ascending[middle - 1] as number) + upper) / 2;
}

type Text = (value: number) => string;
const whole: Text = (value) => Math.round(value).toLocaleString('en-US');
const fixed =
  (digits: number): Text =>
  (value) =>
    value.toFixed(digits);

/** The median, with the extremes if there are several values; a dash if nothing could be measured. */
function spread(values: readonly (number | null)[], text: Text): string {
  const measured = values.filter((value) => value !== null);
  if (measured.length === 0) {
    return '-';
  }
  const middle = text(median(measured));
  return measured.length === 1
    ? middle
    : `${middle} (${text(Math.min(...measured))} to ${text(Math.max(...measured))})`;
}

/** Columns as wide as needed; the first is left-aligned, the others right-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ')
      .trimEnd();
  const [head, ...body] = rows.map(line);
  return [head, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)), ...body].join('\n');
}

function throughput({ name, rounds }: CaseResult): string[] {
  const of = (read: (round: Round) => number | null, text: Text) => spread(rounds.map(read), text);
  return [
    name,
    whole(rounds[0]?.load.rows ?? 0),
    of(({ raw }) => raw.rowsPerSecond, whole),
    of(({ load }) => load.rowsPerSecond, whole),
    of(ofRaw, fixed(2)),
    of(({ load }) => load.elementsPerSecond, whole),
    of(({ load }) => load.endToEndSeconds, fixed(1)),
  ];
}

/** Throughput of the pipeline relative to the raw copy of the same round. */
export const ofRaw = ({ load, raw }: Round): number | null =>
  load.rowsPerSecond === null ? null : load.rowsPerSecond / raw.rowsPerSecond;

function cost({ name, rounds }: CaseResult): string[] {
  const cpu = (process: MeasuredProcess) => {
    const values = rounds.flatMap(({ load }) => load.cpuSecondsPerMillionRows?.[process] ?? []);
    return values.length === 0 ? '-' : median(values).toFixed(1);
  };
  const memory = (service: 'ingest' | 'writer') => [
    [0, 1, 2]
      .map((nth) => whole(median(rounds.map(({ load }) => load.memoryMib[service].at[nth] as number))))
      .join(' / '),
    whole(Math.max(...rounds.map(({ load }) => load.memoryMib[service].peak))),
  ];
  const rawCpu = median(rounds.map(({ raw }) => raw.postgresCpuSecondsPerMillionRows)).toFixed(1);
  return [name, rawCpu, ...MEASURED_PROCESSES.map(cpu), ...memory('ingest'), ...memory('writer')];
}

export const formatSetting = ({ at, command, machine, versions }: Setting): string =>
  [
    `${command}   ${at}`,
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, load average before ${machine.loadBefore.toFixed(1)}; broker, services and database share them`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ].join('\n');

export function formatReport({ cases, queries, ...setting }: BenchResult): string {
  const of = (share: number) => `${Math.round(share * 100)} %`;
  const sections = [
    formatSetting(setting),
    `Committed rows between ${of(0.1)} and ${of(1)} of a backlog, against psql \\copy of the same rows right afterwards\n\n${table(
      [
        ['case', 'rows', 'raw copy rows/s', 'pipeline rows/s', 'of raw', 'events or samples/s', 'end to end s'],
        ...cases.map(throughput),
      ],
    )}`,
    `What it took: CPU seconds per million rows (raw copy: of PostgreSQL alone), resident MiB at ${of(0.1)} / ${of(0.5)} / ${of(0.9)} of the backlog and at most\n\n${table(
      [['case', 'raw copy', ...MEASURED_PROCESSES, 'ingest MiB', 'peak', 'writer MiB', 'peak'], ...cases.map(cost)],
    )}`,
    ...(queries.length === 0
      ? []
      : [
          `Answers, one request after the other\n\n${table([
            ['question', 'requests', 'p50 ms', 'p99 ms'],
            ...queries.map(({ question, requests, p50Ms, p99Ms }) => [
              question,
              String(requests),
              p50Ms.toFixed(1),
              p99Ms.toFixed(1),
            ]),
          ])}`,
        ]),
  ];
  return `\n${sections.join('\n\n')}\n`;
}
