import { type TextRow } from '@chip/persistence';
import { type RowWriter } from './row-format.ts';

/** How formats with types store a column. Times keep their microseconds; JSON is text that readers can tell from others. */
export type ColumnKind = 'time' | 'double' | 'int32' | 'int64' | 'json' | 'text';

const KINDS: Readonly<Record<string, ColumnKind>> = {
  time: 'time',
  created_at: 'time',
  updated_at: 'time',
  ingested_at: 'time',
  occurred_at: 'time',
  started_at: 'time',
  completed_at: 'time',
  value: 'double',
  lower_limit: 'double',
  upper_limit: 'double',
  metric_value: 'double',
  inspected_area_cm2: 'double',
  priority: 'int32',
  die_x: 'int32',
  die_y: 'int32',
  hard_bin: 'int32',
  soft_bin: 'int32',
  defect_count: 'int64',
  measurement_count: 'int64',
  metadata: 'json',
  tags: 'json',
};
export const kindOf = (column: string): ColumnKind => KINDS[column] ?? 'text';

/** Rows of one group: encoding more at once would hold up other requests, fewer would pack worse. */
const GROUP_ROWS = 8192;
/** A group also ends here, in UTF-16 units of its texts, so that long metadata does not fill the memory. */
const GROUP_UNITS = 8 * 1024 * 1024;

/** The texts of one column, a value for each row. */
export type ColumnTexts = readonly (string | null)[];

/** Encodes groups of rows that share their columns. */
export interface GroupEncoder {
  readonly head: Uint8Array;
  /** @param columns never empty, all of the same length */
  readonly group: (columns: readonly ColumnTexts[], rows: number) => Uint8Array;
  readonly end: () => Uint8Array;
}

/** Turns rows into columns, a group at a time, so that memory does not grow with the file. */
export function columnWriter(columnCount: number, encoder: GroupEncoder): RowWriter<TextRow> {
  const empty = (): (string | null)[][] => Array.from({ length: columnCount }, () => []);
  let columns = empty();
  let rows = 0;
  let units = 0;
  const encode = (): Uint8Array => {
    const part = encoder.group(columns, rows);
    columns = empty();
    rows = 0;
    units = 0;
    return part;
  };
  return {
    head: encoder.head,
    rows: (batch) => {
      const parts: Uint8Array[] = [];
      for (const row of batch) {
        for (let i = 0; i < columnCount; i++) {
          const text = row[i]!;
          columns[i]!.push(text);
          units += text === null ? 0 : text.length;
        }
        rows++;
        if (rows === GROUP_ROWS || units >= GROUP_UNITS) {
          parts.push(encode());
        }
      }
      return Buffer.concat(parts);
    },
    end: () => Buffer.concat([...(rows > 0 ? [encode()] : []), encoder.end()]),
  };
}
