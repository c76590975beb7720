import { parseMicros, type TextRow } from '@chip/persistence';
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

/** A value as the formats take it: times are microseconds since 1970, texts stay as they are. */
export type ColumnValue = string | number | bigint | null;

/** The values of one column, one for each row. */
export type ColumnValues = readonly ColumnValue[];

/** Different texts of a column that are kept once, and how long they may be. */
const KEPT_TEXTS = 256;
const KEPT_UNITS = 1024;

/** Gives each of the first different texts back as the same string: else a group keeps as many copies as it has rows. */
function sameTexts(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const same = known.get(text);
    if (same === undefined && known.size < KEPT_TEXTS && text.length <= KEPT_UNITS) {
      known.set(text, text);
    }
    return same ?? text;
  };
}

/** How the texts of a column become values: at once, so that a group keeps numbers and not the texts they come from. */
function parserOf(kind: ColumnKind): (text: string) => NonNullable<ColumnValue> {
  switch (kind) {
    case 'time':
      return parseMicros;
    case 'double':
    case 'int32':
      return Number;
    case 'int64':
      return BigInt;
    case 'json':
    case 'text':
      return sameTexts();
  }
}

/** Encodes groups of rows that share their columns. */
export interface GroupEncoder {
  readonly head: Uint8Array;
  /** @param columns never empty, all of the same length */
  readonly group: (columns: readonly ColumnValues[], rows: number) => Uint8Array;
  readonly end: () => Uint8Array;
}

/** Turns rows into columns, a group at a time, so that memory does not grow with the file. */
export function columnWriter(kinds: readonly ColumnKind[], encoder: GroupEncoder): RowWriter<TextRow> {
  const parsers = kinds.map(parserOf);
  const empty = (): ColumnValue[][] => kinds.map(() => []);
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
        for (let i = 0; i < parsers.length; i++) {
          const text = row[i]!;
          columns[i]!.push(text === null ? null : parsers[i]!(text));
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
