/** The statements behind an answer, as SQL that runs in psql: for those who go on from a number in SQL. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Queryable, type SqlParameter } from '@chip/persistence';
import { LIMITED_NAMES } from '../access/caller.ts';

const recordings = new AsyncLocalStorage<string[]>();

/** Runs work whose statements are added to `statements`. */
export const recordTo = (statements: string[], work: () => void): void => recordings.run(statements, work);

/** The snapshot, which also records its statements while a caller wants them. */
export function noting(snapshot: Queryable): Queryable {
  const statements = recordings.getStore();
  return statements === undefined
    ? snapshot
    : {
        query: (text, parameters) => {
          // An account of the database may not read the view of limited callers, and needs no such view.
          statements.push(withValues(text.replaceAll(LIMITED_NAMES, 'inspections'), parameters ?? []));
          return snapshot.query(text, parameters);
        },
      };
}

/** A statement with its values in place of `$1`, `$2` … */
export const withValues = (text: string, values: readonly SqlParameter[]): string =>
  text.replaceAll(/\$(\d+)/g, (placeholder, n: string) =>
    Number(n) > values.length ? placeholder : literal(values[Number(n) - 1] ?? null),
  );

function literal(value: SqlParameter): string {
  if (value === null) {
    return 'NULL';
  }
  if (Array.isArray(value)) {
    // In the form of a text, because a cast beside it says what its members are.
    return quoted(`{${value.map((one: SqlParameter) => memberOf(one)).join(',')}}`);
  }
  switch (typeof value) {
    case 'number':
    case 'bigint':
      // A minus would bind less than a cast.
      return value < 0 ? `(${value})` : String(value);
    case 'boolean':
      return String(value);
    case 'string':
      return quoted(value);
    default:
      return value instanceof Date
        ? quoted(value.toISOString())
        : Buffer.isBuffer(value)
          ? `'\\x${value.toString('hex')}'`
          : quoted(JSON.stringify(value));
  }
}

const memberOf = (value: SqlParameter): string =>
  value === null ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** With a backslash, as the E string that means the same under every setting. */
const quoted = (text: string): string => {
  const doubled = text.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${doubled.replaceAll('\\', String.raw`\\`)}'` : `'${doubled}'`;
};

/** One script of them all, which sees one state of the database like the answer did. */
export const scriptOf = (question: string, statements: readonly string[]): string =>
  [
    `-- What chip-quality asked of its database for: ${question.replaceAll(/[\r\n]/g, ' ')}`,
    '-- Counts are in the rows; statistics are computed from them. Limits of an API key are not in here: those of your account are.',
    'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;',
    ...statements.map((statement) => `${statement.trim()};`),
    'COMMIT;',
    '',
  ].join('\n');
