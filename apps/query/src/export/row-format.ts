/** A row to export, by column name. */
export type ExportRow = Record<string, unknown>;

export const EXPORT_FORMATS = ['csv', 'ndjson', 'parquet', 'arrow'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.stream',
};

/** Turns rows into the parts of a file; empty parts need no sending. */
export interface RowWriter<Row> {
  readonly head: string | Uint8Array;
  readonly rows: (batch: readonly Row[]) => string | Uint8Array;
  readonly end: () => string | Uint8Array;
}

/** Beginnings of a cell that make a spreadsheet treat it as a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * Writes a field by RFC 4180: null as nothing, empty text as "", JSON values as JSON text.
 *
 * @param isRaw keeps texts as they are; else an apostrophe precedes text that a spreadsheet would run
 */
function csvField(value: unknown, isRaw: boolean): string {
  if (value === null || value === undefined) {
    return '';
  }
  const plain = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const text = !isRaw && typeof value === 'string' && FORMULA.test(plain) ? `'${plain}` : plain;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

interface TextOptions {
  /** Keeps texts that a spreadsheet would run. */
  readonly isRaw?: boolean;
  /** Begins CSV with a byte order mark. */
  readonly hasMark?: boolean;
  /** Ends with the number of rows. */
  readonly hasCount?: boolean;
}

/** Writes rows with the given columns as lines of text; every line ends with a line break. */
export function textWriter(
  format: 'csv' | 'ndjson',
  columns: readonly string[],
  { isRaw = false, hasMark = false, hasCount = false }: TextOptions = {},
): RowWriter<ExportRow> {
  const line =
    format === 'ndjson'
      ? (row: ExportRow): string => `${JSON.stringify(row)}\n`
      : (row: ExportRow): string => `${columns.map((column) => csvField(row[column], isRaw)).join(',')}\r\n`;
  let rows = 0;
  return {
    head: format === 'ndjson' ? '' : `${hasMark ? '\uFEFF' : ''}${columns.join(',')}\r\n`,
    rows: (batch) => {
      rows += batch.length;
      return batch.map(line).join('');
    },
    end: () => (hasCount ? (format === 'ndjson' ? `${JSON.stringify({ rows })}\n` : `# rows: ${rows}\r\n`) : ''),
  };
}
