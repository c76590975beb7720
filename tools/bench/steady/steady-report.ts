/** Results of a steady load as tables for people. */
import { fixed, missed, spread, whole, type Latencies } from '../results/numbers.ts';
import { table } from '../results/table.ts';
import { LOOK_MS } from './first-seen.ts';
import { PROCESSES, STREAMS, type SteadyResult, type SteadyRound } from './steady.ts';

/** At 20,000 samples/s. */
const ASKED_MS = { p50: 400, p99: 1_500 };
const AIM_MS = { p50: 150, p99: 500 };

export function formatSteady({ perSecond, seconds, rows, rounds }: SteadyResult): string {
  const cell = (read: (round: SteadyRound) => number, text = fixed(1)) => spread(rounds.map(read), text);
  const latency = (stream: (typeof STREAMS)[number], which: keyof Latencies) => {
    const value = cell(({ visible }) => visible[stream][which], whole);
    return which === 'most'
      ? value
      : missed(
          value,
          rounds.some(({ visible }) => visible[stream][which] > ASKED_MS[which]),
        );
  };
  return [
    `${whole(perSecond.samples)} samples/s, ten to a record, and ${whole(perSecond.inspections)} inspections/s with ten measurements each, ${seconds} s, ${rounds.length} ${rounds.length === 1 ? 'round' : 'rounds'}. From publishing until a session of the database sees the row, which it looks for every ${LOOK_MS} ms; asked: p50 ${ASKED_MS.p50} and p99 ${ASKED_MS.p99} ms, aim ${AIM_MS.p50} and ${AIM_MS.p99} ms`,
    table([
      ['published to visible', 'rows looked for', 'p50 ms', 'p99 ms', 'most ms'],
      ...STREAMS.map((stream) => [
        stream,
        cell(({ visible }) => visible[stream].looked, whole),
        latency(stream, 'p50'),
        latency(stream, 'p99'),
        latency(stream, 'most'),
      ]),
    ]),
    `CPU seconds in these ${seconds} s, and per million samples and measurements; most resident MiB. "bench" is the machines and the session that looks`,
    table([
      ['process', 'CPU s', 'per million rows', 'most MiB'],
      ...PROCESSES.map((name) => [
        name,
        cell(({ cpuSeconds }) => cpuSeconds[name]),
        cell(({ cpuSeconds }) => (cpuSeconds[name] / rows) * 1e6),
        name === 'ingest' || name === 'writer' ? cell(({ peakMib }) => peakMib[name], whole) : '',
      ]),
    ]),
  ].join('\n\n');
}
