/** A row as it leaves: names in the order of the columns. */
export type ExportRow = Record<string, unknown>;

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

/** What a spreadsheet takes for a formula when a cell begins with it. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * RFC 4180. Nothing between two commas is null; an empty text is "". JSON values are written as JSON text.
 *
 * @param isRaw texts leave as they are; else one that a spreadsheet would run begins with an apostrophe
 */
function csvField(value: unknown, isRaw: boolean): string {
  if (value === null || value === undefined) {
    return '';
  }
  const plain = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const text = !isRaw && typeof value === 'string' && FORMULA.test(plain) ? `'${plain}` : plain;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Writes rows with the given columns as text: `head` once, then each row. Every line ends with a line break. */
export function rowWriter(
  format: ExportFormat,
  columns: readonly string[],
  isRaw = false,
): { head: string; line: (row: ExportRow) => string } {
  if (format === 'ndjson') {
    return { head: '', line: (row) => `${JSON.stringify(row)}\n` };
  }
  return {
    head: `${columns.join(',')}\r\n`,
    line: (row) => `${columns.map((column) => csvField(row[column], isRaw)).join(',')}\r\n`,
  };
}
