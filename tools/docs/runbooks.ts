/** docs/runbooks/README.md: every runbook by the first symptom that an operator sees, generated from the pages. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REFUSAL_CODES, STOPPED_STATES } from '@chip/contracts';

interface Group {
  readonly symptom: string;
  readonly where: string;
  has(page: string): boolean;
}

const oneOf = (names: readonly string[]) => (page: string) => names.includes(page);
const matches = (pattern: RegExp) => (page: string) => pattern.test(page);

/** A page belongs to the first group that matches. */
const GROUPS: readonly Group[] = [
  {
    symptom: 'An alert fires',
    where: 'The name of the alert, from `monitoring/alerts.yaml`.',
    has: matches(/^[A-Z]/),
  },
  {
    symptom: 'A partition is stopped',
    where:
      'The state of the partition in `GET /v1/pipeline`, in `npm run positions -- show` and in the metrics `chip_writer_partition_stopped` and `chip_ingest_partition_stopped`.',
    has: oneOf(STOPPED_STATES),
  },
  {
    symptom: 'An event is not in the tables',
    where: 'The code of its dead letter: `npm run dlq -- list <topic>`.',
    has: oneOf(['dead-letters', ...REFUSAL_CODES]),
  },
  {
    symptom: 'A service does not start',
    where: 'The error code in the last lines of its log.',
    has: matches(
      /^(config_invalid|start_failed|schema_|database_url_|database_unsupported|kafka_topic_missing|edition_)/,
    ),
  },
  {
    symptom: 'A service reports an error of Kafka',
    where: 'The field `code` of its log, and `/health/ready`.',
    has: matches(/^kafka_/),
  },
  {
    symptom: 'A service reports an error of the database',
    where: 'The field `code` of its log, and `/health/ready`.',
    has: matches(/^database_/),
  },
  {
    symptom: 'A command or a request is refused',
    where: 'The message of the command, or the field `code` of the answer.',
    has: matches(/_(refused|invalid|exceeded)$|^duplicate_|^unauthenticated$|^forbidden$/),
  },
  { symptom: 'Anything else', where: 'The field `code` of the log.', has: () => true },
];

/** The first sentence of the page's "Meaning", or of its text if it has no such section. */
function meaningOf(page: string, text: string): string {
  const body = /^## Meaning\n+([\s\S]*?)(?=\n## |$(?![\s\S]))/m.exec(text)?.[1] ?? text.replace(/^# .*\n+/, '');
  const paragraph = body
    .trim()
    .split(/\n\s*\n/, 1)[0]!
    .replaceAll('\n', ' ');
  const sentence = /^.*?\.(?= |$)/.exec(paragraph)?.[0] ?? paragraph;
  if (sentence.length < 10) {
    throw new Error(`docs/runbooks/${page}.md says nothing under "Meaning"`);
  }
  return sentence.replaceAll('|', '\\|');
}

export function runbookIndex(folder: string): string {
  const pages = globSync('*.md', { cwd: folder })
    .map((file) => path.basename(file, '.md'))
    .filter((page) => page !== 'README')
    .sort();
  const sections = GROUPS.map(({ symptom, where, has }, index) => {
    const rows = pages
      .filter((page) => has(page) && !GROUPS.slice(0, index).some((earlier) => earlier.has(page)))
      .map((page) => {
        const text = readFileSync(path.join(folder, `${page}.md`), 'utf8');
        return `| [${/^# (.+)$/m.exec(text)?.[1] ?? page}](${page}.md) | ${meaningOf(page, text)} |`;
      });
    return rows.length === 0 ? '' : `## ${symptom}\n\n${where}\n\n| page | meaning |\n|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Runbooks by symptom

One page per error code, partition state and alert: what it means, what it affects, how to diagnose it, how to fix it. The
name of the page is the code itself, as in logs, metrics and answers. \`npm run docs\` generates this index from the pages.

${sections.filter(Boolean).join('\n')}`;
}
