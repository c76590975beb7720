/** Who needs which operations on the topics and groups of the streams; and the table of it in docs/deployment.md. */
import { STREAMS } from '@chip/contracts';

type Names = 'source' | 'accepted' | 'deadLetters' | 'ingestGroup' | 'writerGroup';

interface Right {
  readonly who: string;
  readonly of: 'topic' | 'group';
  /** One name per stream. */
  readonly names: readonly string[];
  readonly operations: readonly string[];
  /** The setting that needs it; absent: every installation does. */
  readonly onlyWith?: string;
}

const GROUPS: ReadonlySet<Names> = new Set(['ingestGroup', 'writerGroup']);

const right = (who: string, names: Names, ...operations: string[]): Right => ({
  who,
  of: GROUPS.has(names) ? 'group' : 'topic',
  names: STREAMS.map((stream) => stream[names]),
  operations,
});

export const RIGHTS: readonly Right[] = [
  right('ingest', 'source', 'Read', 'DescribeConfigs'),
  right('ingest', 'ingestGroup', 'Read'),
  right('ingest', 'accepted', 'Write'),
  right('ingest', 'deadLetters', 'Write'),
  right('writer', 'accepted', 'Read'),
  right('writer', 'writerGroup', 'Read'),
  right('writer', 'deadLetters', 'Write'),
  right('writer', 'source', 'Describe'),
  right('query', 'deadLetters', 'Read'),
  { ...right('query', 'source', 'Write'), onlyWith: 'LETTER_REPLAY=on' },
  right('machine', 'source', 'Write'),
  right('operator', 'source', 'Create', 'Alter', 'DescribeConfigs', 'Read', 'Write'),
  right('operator', 'accepted', 'Create', 'Alter', 'DescribeConfigs', 'Read'),
  right('operator', 'deadLetters', 'Create', 'Alter', 'DescribeConfigs', 'Read'),
  right('operator', 'ingestGroup', 'Read'),
];

const TABLE = /(?<=<!-- rights[^\n]*-->\n)[^]*?\n(?=\n)/;

/** The document with its table of rights generated from the streams. */
export function withRights(document: string): string {
  const rows = RIGHTS.map(({ who, of, names, operations, onlyWith }) => {
    const quoted = names.map((name) => `\`${name}\``).join(', ');
    const condition = onlyWith === undefined ? '' : ` (with \`${onlyWith}\`)`;
    return `| \`${who}\` | ${of} | ${quoted} | ${operations.join(', ')}${condition} |\n`;
  });
  if (!TABLE.test(document)) {
    throw new Error('the mark of the table of rights is missing');
  }
  return document.replace(TABLE, `| Who | Of | Names | Operations |\n|---|---|---|---|\n${rows.join('')}`);
}
