/** Results of backlogs as tables for people. */
import { PEERS, type PeerName } from '../peers/peers.ts';
import { fixed, median, spread, whole, type Text } from '../results/numbers.ts';
import { table } from '../results/table.ts';
import { bytesOf } from '../system/disk-size.ts';
import { SERVERS, SERVICES, type LoadResult, type Service } from './measured-load.ts';
import type { LatencyResult } from './query-latency.ts';
import type { RawCopyResult } from './raw-copy.ts';

/** A load, and the raw copy of the same rows right after it. */
export interface Round {
  readonly load: LoadResult;
  readonly raw: RawCopyResult;
  /** The same backlog, loaded by other programs. */
  readonly peers?: Readonly<PeerLoads>;
}

export type PeerLoads = Partial<Record<PeerName, LoadResult<'peer'>>>;

export interface CaseResult {
  readonly name: string;
  readonly kind: 'telemetry' | 'inspections';
  readonly rounds: readonly Round[];
}

export interface BacklogResult {
  readonly cases: readonly CaseResult[];
  readonly queries: readonly LatencyResult[];
}

const of =
  ({ rounds }: CaseResult) =>
  (read: (round: Round) => number | null | undefined, text: Text): string =>
    spread(
      rounds.map((round) => read(round) ?? null),
      text,
    );

function throughput(result: CaseResult): string[] {
  const cell = of(result);
  return [
    result.name,
    whole(result.rounds[0]?.load.rows ?? 0),
    cell(({ raw }) => raw.rowsPerSecond, whole),
    cell(({ load }) => load.rowsPerSecond, whole),
    cell(ofRaw, fixed(2)),
    cell(({ load }) => load.elementsPerSecond, whole),
    cell(({ load }) => load.endToEndSeconds, fixed(1)),
  ];
}

/** Throughput of the pipeline relative to the raw copy of the same round. */
export const ofRaw = ({ load, raw }: Round): number | null =>
  load.rowsPerSecond === null ? null : load.rowsPerSecond / raw.rowsPerSecond;

const PROCESSES = [...SERVICES, ...SERVERS];

function cost({ name, rounds }: CaseResult): string[] {
  const cpu = (process: (typeof PROCESSES)[number]) => medianOrDash(rounds, ({ load }) => cpuOf(load, [process]));
  const memory = (service: Service) => [
    [0, 1, 2]
      .map((nth) => whole(median(rounds.map(({ load }) => load.memoryMib[service].at[nth] as number))))
      .join(' / '),
    whole(Math.max(...rounds.map(({ load }) => load.memoryMib[service].peak))),
  ];
  const rawCpu = median(rounds.map(({ raw }) => raw.postgresCpuSecondsPerMillionRows)).toFixed(1);
  return [name, rawCpu, ...PROCESSES.map(cpu), ...memory('ingest'), ...memory('writer')];
}

const cpuOf = <Own extends string>(
  { cpuSecondsPerMillionRows: cpu }: LoadResult<Own>,
  processes: readonly (keyof NonNullable<typeof cpu>)[],
): number | undefined => (cpu === null ? undefined : processes.reduce((sum, process) => sum + cpu[process], 0));

function medianOrDash(rounds: readonly Round[], read: (round: Round) => number | undefined, text = fixed(1)): string {
  const values = rounds.flatMap((round) => read(round) ?? []);
  return values.length === 0 ? '-' : text(median(values));
}

/** Every round stores the same rows, so the first tells. */
function disk({ name, kind, rounds }: CaseResult): string[] {
  const [{ load, raw }] = rounds as [Round];
  const { rows, elements } = load;
  const { heap, indexes, toast } = load.disk.rows;
  const perRow = bytesOf(load.disk.rows) / rows;
  return [
    name,
    fixed(0)(raw.bytesPerRow),
    ...[heap, indexes, toast].map((bytes) => fixed(1)(bytes / rows)),
    fixed(1)(perRow),
    fixed(2)(perRow / raw.bytesPerRow),
    kind === 'inspections' ? whole((bytesOf(load.disk.rows) + bytesOf(load.disk.rest)) / elements) : '',
  ];
}

function besidePeer(result: CaseResult, name: PeerName): string[] {
  const cell = of(result);
  const cpu = (read: (round: Round) => number | undefined) => medianOrDash(result.rounds, read);
  const peer = ({ peers }: Round) => peers?.[name];
  const peerCpu = (processes: readonly ('peer' | (typeof SERVERS)[number])[]) =>
    cpu((round) => {
      const load = peer(round);
      return load && cpuOf(load, processes);
    });
  return [
    result.name,
    name,
    cell(({ load }) => load.rowsPerSecond, whole),
    cell((round) => peer(round)?.rowsPerSecond, whole),
    cell((round) => ofPeer(round, name), fixed(2)),
    cpu(({ load }) => cpuOf(load, SERVICES)),
    peerCpu(['peer']),
    cpu(({ load }) => cpuOf(load, PROCESSES)),
    peerCpu(['peer', ...SERVERS]),
    whole(Math.max(...result.rounds.map((round) => peer(round)?.memoryMib.peer.peak ?? 0))),
  ];
}

/** Throughput of the pipeline relative to the other program's in the same round. */
export function ofPeer({ load, peers }: Round, name: PeerName): number | null {
  const theirs = peers?.[name]?.rowsPerSecond;
  return load.rowsPerSecond === null || !theirs ? null : load.rowsPerSecond / theirs;
}

export function formatBacklogs({ cases, queries }: BacklogResult): string {
  const share = (part: number) => `${Math.round(part * 100)} %`;
  const beside = cases.flatMap((one) =>
    PEERS.filter((peer) => one.rounds.some(({ peers }) => peers?.[peer] !== undefined)).map((peer) =>
      besidePeer(one, peer),
    ),
  );
  return [
    `Committed rows between ${share(0.1)} and ${share(1)} of a backlog, against psql \\copy of the same rows right afterwards`,
    table([
      ['case', 'rows', 'raw copy rows/s', 'pipeline rows/s', 'of raw', 'events or samples/s', 'end to end s'],
      ...cases.map(throughput),
    ]),
    `What it took: CPU seconds per million rows (raw copy: of PostgreSQL alone), resident MiB of the largest instance at ${share(0.1)} / ${share(0.5)} / ${share(0.9)} of the backlog and at most`,
    table([['case', 'raw copy', ...PROCESSES, 'ingest MiB', 'peak', 'writer MiB', 'peak'], ...cases.map(cost)]),
    'Bytes on disk per sample or measurement, right after the load; and of everything that an inspection adds',
    table([
      ['case', 'raw copy', 'table', 'indexes', 'TOAST', 'all three', 'of raw', 'per inspection'],
      ...cases.map(disk),
    ]),
    ...(beside.length === 0
      ? []
      : [
          'The same backlog loaded by other programs into the same table and indexes; CPU seconds per million rows',
          table([
            [
              'case',
              'other program',
              'pipeline rows/s',
              'its rows/s',
              'multiple of it',
              'CPU: ingest and writer',
              'the other',
              'all, pipeline',
              'all, the other',
              'its peak MiB',
            ],
            ...beside,
          ]),
        ]),
    ...(queries.length === 0
      ? []
      : [
          'Answers, one request after the other',
          table([
            ['question', 'requests', 'p50 ms', 'p99 ms'],
            ...queries.map(({ question, requests, ms }) => [
              question,
              String(requests),
              ms.p50.toFixed(1),
              ms.p99.toFixed(1),
            ]),
          ]),
        ]),
  ].join('\n\n');
}
