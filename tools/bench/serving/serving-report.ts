/** Results of serving as tables for docs/performance.md. */
import { median, missed, whole } from '../results/numbers.ts';
import { table } from '../results/table.ts';
import { EXPORT_AIM_ROWS_PER_SECOND, type AimsResult } from './aims.ts';
import type { RoutesResult } from './routes.ts';
import type { ClientsResult, Compared } from './clients.ts';
import { ratios, type Phase, type StormResult } from './storm.ts';

/** At most this of the rate without the storm is lost, and at most so many times as long take cheap answers. */
const TARGETS = { ingestion: 0.9, cheap: 2 };

export function formatStorm(result: StormResult): string {
  const { rounds, rate, clients, seconds } = result;
  const of = (read: (phase: Phase) => number, digits: number): string[] =>
    (['quiet', 'storm'] as const).map((phase) => median(rounds.map((round) => read(round[phase]))).toFixed(digits));
  const { ingestion, cheap } = ratios(result);
  const answers = new Map<string, number>();
  for (const [status, count] of rounds.flatMap((round) => Object.entries(round.answers))) {
    answers.set(status, (answers.get(status) ?? 0) + count);
  }
  return `${rate.toLocaleString('en-US')} samples/s published, cheap questions one after the other; without and with ${clients} clients that ask expensive ones, ${seconds} s each, ${rounds.length} rounds (medians)

${table([
  ['', 'without', 'with the storm', 'ratio', 'target'],
  [
    'samples/s committed',
    ...of((phase) => phase.committedPerSecond, 0),
    ingestion.toFixed(2),
    `at least ${TARGETS.ingestion}`,
  ],
  ['seconds behind the machines, median', ...of((phase) => phase.behind.p50, 2), '', ''],
  ['seconds behind the machines, most', ...of((phase) => phase.behind.most, 2), '', ''],
  ['cheap question, p50 ms', ...of((phase) => phase.cheapMs.p50, 1), cheap.toFixed(2), `at most ${TARGETS.cheap}`],
  ['cheap question, p95 ms', ...of((phase) => phase.cheapMs.p95, 1), '', ''],
])}

Answers to the storm by status: ${[...answers].map(([status, count]) => `${count} x ${status === '0' ? 'none' : status}`).join(', ') || 'none yet'}`;
}

const FACTOR = 1.2;
const ALLOWED_MS = 2;

/** What a route may take at most, ms. */
const mostMs = ({ bareMs }: Compared): number => FACTOR * bareMs + ALLOWED_MS;

export function formatClients({ size, clients, questions }: ClientsResult): string {
  const columns = (compared: Compared): string[] => [
    compared.bareMs.toFixed(1),
    mostMs(compared).toFixed(1),
    missed(compared.routeMs.toFixed(1), compared.routeMs > mostMs(compared)),
  ];
  return `p50 ms on ${size.inspections.toLocaleString('en-US')} inspections and ${size.samples.toLocaleString('en-US')} samples; at most ${FACTOR} times the same statements through a bare client and ${ALLOWED_MS} ms

${table([
  [
    'question',
    'statements',
    '1 client: bare',
    'at most',
    'route',
    `${clients} clients: bare`,
    'at most',
    'route',
    'CPU ms of an answer to them: database, bare',
    'database',
    'service',
  ],
  ...questions.map(({ question, statements, alone, together }) => [
    question,
    String(statements),
    ...columns(alone),
    ...columns(together),
    ...[together.cpuMs.bareDatabase, together.cpuMs.database, together.cpuMs.service].map((ms) => ms.toFixed(2)),
  ]),
])}`;
}

export function formatAims({ size, answers, exports }: AimsResult): string {
  return `${size.inspections.toLocaleString('en-US')} inspections over ${size.days} days, ${size.samples.toLocaleString('en-US')} samples over four weeks; one question after the other

${table([
  ['question', 'p50 ms', 'most ms', 'aim ms'],
  ...answers.map(({ question, p50Ms, mostMs: most, aimMs }) => [
    question,
    missed(p50Ms.toFixed(0), p50Ms > aimMs),
    most.toFixed(0),
    String(aimMs),
  ]),
])}

${table([
  [
    'export',
    'rows',
    'rows/s',
    'aim',
    'MiB',
    'CPU s per million rows: service',
    'database',
    'most resident MiB: first tenth',
    'rest',
  ],
  ...exports.map(({ question, rows, rowsPerSecond, mib, cpu, residentMib }) => [
    question,
    rows.toLocaleString('en-US'),
    missed(Math.round(rowsPerSecond).toLocaleString('en-US'), rowsPerSecond < EXPORT_AIM_ROWS_PER_SECOND),
    EXPORT_AIM_ROWS_PER_SECOND.toLocaleString('en-US'),
    mib.toFixed(1),
    cpu.service.toFixed(1),
    cpu.database.toFixed(1),
    residentMib.first.toFixed(0),
    residentMib.rest.toFixed(0),
  ]),
])}`;
}

const ROUTE_AIM_MS = 2_000;

export function formatRoutes({ size, bytes, routes }: RoutesResult): string {
  const perInspection = (bytes.all - bytes.samples) / size.inspections;
  return `${whole(size.inspections)} inspections with ten measurements each over ${size.days} days, ${whole(size.samples)} samples over four weeks; ${(bytes.all / 1e9).toFixed(1)} GB on disk: ${whole(perInspection)} bytes per inspection, ${whole(bytes.samples / size.samples)} per sample

Each GET route with the least that it requires, and over everything where it takes a time range; one question after the other, the p99 is the longest. Of an export the time until it begins. 404: the history has nothing of the kind

${table([
  ['route', 'asks for', 'status', 'p50 ms', 'p99 ms', `under ${ROUTE_AIM_MS / 1000} s`, 'large tables read whole'],
  ...routes.map(({ route, asks, status, ms, whole: tables }) => [
    route,
    asks,
    String(status),
    ms.p50.toFixed(0),
    ms.p99.toFixed(0),
    ms.p99 < ROUTE_AIM_MS ? 'yes' : 'no',
    tables.join(', '),
  ]),
])}`;
}
