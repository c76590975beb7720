/** Results of serving as tables for docs/performance.md. */
import { formatSetting, median, type Setting } from '../report.ts';
import { EXPORT_AIM_ROWS_PER_SECOND, type AimsResult } from './aims.ts';
import type { ClientsResult, Compared } from './clients.ts';
import { ratios, type Phase, type StormResult } from './storm.ts';

const markdown = (rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [head, ...body] = rows as [readonly string[], ...(readonly string[])[]];
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
};

/** At most this of the rate without the storm is lost, and at most so many times as long take cheap answers. */
const TARGETS = { ingestion: 0.9, cheap: 2 };

export function formatStorm(setting: Setting, result: StormResult): string {
  const { rounds, rate, clients, seconds } = result;
  const of = (read: (phase: Phase) => number, digits: number): string[] =>
    (['quiet', 'storm'] as const).map((phase) => median(rounds.map((round) => read(round[phase]))).toFixed(digits));
  const { ingestion, cheap } = ratios(result);
  const answers = new Map<string, number>();
  for (const [status, count] of rounds.flatMap((round) => Object.entries(round.answers))) {
    answers.set(status, (answers.get(status) ?? 0) + count);
  }
  return `
${formatSetting(setting)}

${rate.toLocaleString('en-US')} samples/s published, cheap questions one after the other; without and with ${clients} clients that ask dear ones, ${seconds} s each, ${rounds.length} rounds (medians)

${markdown([
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

Answers to the storm by status: ${[...answers].map(([status, count]) => `${count} x ${status === '0' ? 'none' : status}`).join(', ') || 'none yet'}
`;
}

const FACTOR = 1.2;
const ALLOWED_MS = 2;

/** What a route may take at most, ms. */
const mostMs = ({ bareMs }: Compared): number => FACTOR * bareMs + ALLOWED_MS;

export function formatClients(setting: Setting, { size, clients, questions }: ClientsResult): string {
  const columns = (compared: Compared): string[] => [
    compared.bareMs.toFixed(1),
    mostMs(compared).toFixed(1),
    `${compared.routeMs.toFixed(1)}${compared.routeMs > mostMs(compared) ? ' (missed)' : ''}`,
  ];
  return `
${formatSetting(setting)}

p50 ms on ${size.inspections.toLocaleString('en-US')} inspections and ${size.samples.toLocaleString('en-US')} samples; at most ${FACTOR} times the same statements through a bare client and ${ALLOWED_MS} ms

${markdown([
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
])}
`;
}

const missed = (value: string, isMissed: boolean): string => `${value}${isMissed ? ' (missed)' : ''}`;

export function formatAims(setting: Setting, { size, answers, exports }: AimsResult): string {
  return `
${formatSetting(setting)}

${size.inspections.toLocaleString('en-US')} inspections over a year, ${size.samples.toLocaleString('en-US')} samples over four weeks; one question after the other

${markdown([
  ['question', 'p50 ms', 'most ms', 'aim ms'],
  ...answers.map(({ question, p50Ms, mostMs: most, aimMs }) => [
    question,
    missed(p50Ms.toFixed(0), p50Ms > aimMs),
    most.toFixed(0),
    String(aimMs),
  ]),
])}

${markdown([
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
])}
`;
}
