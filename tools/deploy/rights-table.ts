/** The table of rights in docs/deployment.md: who needs which operations on the topics and groups of the streams. */
import { STREAMS } from '@chip/contracts';

type Names = 'source' | 'accepted' | 'deadLetters' | 'ingestGroup' | 'writerGroup';

const GROUPS: ReadonlySet<Names> = new Set(['ingestGroup', 'writerGroup']);

const RIGHTS: readonly (readonly [who: string, names: Names, operations: string])[] = [
  ['ingest', 'source', 'Read, DescribeConfigs'],
  ['ingest', 'ingestGroup', 'Read'],
  ['ingest', 'accepted', 'Write'],
  ['ingest', 'deadLetters', 'Write'],
  ['writer', 'accepted', 'Read'],
  ['writer', 'writerGroup', 'Read'],
  ['writer', 'deadLetters', 'Write'],
  ['writer', 'source', 'Describe'],
  ['machine', 'source', 'Write'],
  ['operator', 'source', 'Create, Alter, DescribeConfigs, Read, Write'],
  ['operator', 'accepted', 'Create, Alter, DescribeConfigs, Read'],
  ['operator', 'deadLetters', 'Create, Alter, DescribeConfigs, Read'],
  ['operator', 'ingestGroup', 'Read'],
];

const TABLE = /(?<=<!-- rights[^\n]*-->\n)[^]*?\n(?=\n)/;

/** The document with its table of rights generated from the streams. */
export function withRights(document: string): string {
  const rows = RIGHTS.map(([who, names, operations]) => {
    const quoted = STREAMS.map((stream) => `\`${stream[names]}\``).join(', ');
    return `| \`${who}\` | ${GROUPS.has(names) ? 'group' : 'topic'} | ${quoted} | ${operations} |\n`;
  });
  if (!TABLE.test(document)) {
    throw new Error('the mark of the table of rights is missing');
  }
  return document.replace(TABLE, `| Who | Of | Names | Operations |\n|---|---|---|---|\n${rows.join('')}`);
}
