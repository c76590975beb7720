import { type JSX } from 'preact';
import { percent, whole } from '../../format/numbers.ts';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { Share } from './share.tsx';

interface ParetoRow {
  readonly key: string | number | null;
  readonly count: number;
  readonly share: number;
  readonly cumulative_share: number;
  /** Where a click on the name leads. */
  readonly to?: string | undefined;
}

/** The most frequent first, with what they and those before them make up. */
export function ParetoTable({
  caption,
  name,
  rows,
}: {
  caption: string;
  name: string;
  rows: readonly ParetoRow[];
}): JSX.Element {
  const t = texts().yield;
  return (
    <Table
      isBounded
      caption={caption}
      rows={rows}
      keyOf={({ key }) => String(key)}
      columns={[
        {
          title: name,
          isHead: true,
          cell: ({ key, to }) => (to === undefined ? (key ?? t.unnamed) : <a href={to}>{key}</a>),
        },
        { title: t.count, isNumber: true, cell: ({ count }) => whole(count) },
        { title: t.share, isNumber: true, cell: ({ share }) => <Share fraction={share} words={percent(share)} /> },
        { title: t.cumulative, isNumber: true, cell: ({ cumulative_share }) => percent(cumulative_share) },
      ]}
    />
  );
}
