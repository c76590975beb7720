import { type JSX } from 'preact';
import { type YieldGroup } from '../../api/answers.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';

export interface YieldTableProps {
  readonly caption: string;
  /** What the groups are. */
  readonly name: string;
  readonly groups: readonly YieldGroup[];
}

/** Yields as numbers and bars. */
export function YieldTable({ caption, name, groups }: YieldTableProps): JSX.Element {
  const t = texts().columns;
  return (
    <Table
      caption={caption}
      rows={groups}
      keyOf={({ key }) => String(key)}
      columns={[
        { title: name, isHead: true, cell: ({ key }) => key || '–' },
        { title: t.units, isNumber: true, cell: ({ units }) => whole(units) },
        { title: t.failed, isNumber: true, cell: ({ failed }) => whole(failed) },
        {
          title: t.yield,
          isNumber: true,
          cell: (group) => (
            <span class="share">
              <span class="fill" style={{ width: `${100 * (group.yield ?? 0)}%` }} />
              <span class="words">{percent(group.yield)}</span>
            </span>
          ),
        },
      ]}
    />
  );
}
