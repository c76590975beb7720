import { type ComponentChildren, type JSX } from 'preact';

interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers are aligned at their last digit. */
  readonly isNumber?: boolean;
  /** The cell that names the row. */
  readonly isHead?: boolean;
}

export interface TableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly classOf?: (row: Row) => string;
  /** A long table scrolls within a part of the screen. */
  readonly isBounded?: boolean;
}

export function Table<Row>({ caption, columns, rows, keyOf, classOf, isBounded }: TableProps<Row>): JSX.Element {
  return (
    // A wide table scrolls by itself, by keyboard as well.
    <div class={`scroll ${isBounded ? 'bounded' : ''}`} tabIndex={0} role="group" aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th key={title} scope="col" class={isNumber ? 'number' : ''}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={classOf?.(row) ?? ''}>
              {columns.map(({ title, cell, isNumber, isHead }) =>
                isHead ? (
                  <th key={title} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={title} class={isNumber ? 'number' : ''}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
