/** What fails most: bins of failing units, and classes of defects. */
import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Select } from '../../shared/choice.tsx';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { filtersOf, policyOf, type YieldChoice } from './question.ts';
import { Share } from './share.tsx';

const EVERY_S = 10;

export function BinPareto({ choice, bin }: { choice: YieldChoice; bin: 'hard' | 'soft' }): JSX.Element {
  const t = texts().yield;
  const answer = useAnswer(
    question('/v1/bins/pareto', {
      query: { ...filtersOf(choice), bin, policy: policyOf(choice), result: 'fail' },
    }),
    EVERY_S,
  );
  const title = t.bins[bin];
  return (
    <Panel
      title={title}
      answer={answer}
      units={({ totals }) => totals.count}
      isEmpty={({ groups }) => groups.length === 0}
      empty={t.noBins}
      sheet={({ groups }) => ({
        name: `${bin}-bins`,
        columns: ['bin', 'count', 'share', 'cumulative_share'],
        rows: groups.map((one) => [one.key, one.count, one.share, one.cumulative_share]),
      })}
    >
      {({ groups }) => (
        <ParetoTable caption={title} name={t.bin} rows={groups.map((one) => ({ ...one, to: undefined }))} />
      )}
    </Panel>
  );
}

const DEFECTS_BY = ['class', 'severity', 'equipment', 'lot'] as const;

export function DefectPareto({ choice }: { choice: YieldChoice }): JSX.Element {
  const { query, change, withParameters } = useAddress();
  const t = texts().yield;
  const by = DEFECTS_BY.find((one) => one === query['defects_by']) ?? 'class';
  const answer = useAnswer(
    question('/v1/defects/pareto', { query: { ...filtersOf(choice), policy: policyOf(choice), by } }),
    EVERY_S,
  );
  return (
    <Panel
      title={t.defects}
      answer={answer}
      units={({ totals }) => totals.count}
      isEmpty={({ groups }) => groups.length === 0}
      empty={t.noDefects}
      sheet={({ groups }) => ({
        name: `defects-by-${by}`,
        columns: [by, 'count', 'share', 'cumulative_share'],
        rows: groups.map((one) => [one.key, one.count, one.share, one.cumulative_share]),
      })}
      controls={
        <Select
          label={t.countedBy}
          value={by}
          options={DEFECTS_BY.map((value) => ({ value, label: t.defectsBy[value] }))}
          onChange={(value) => change({ defects_by: value })}
        />
      }
    >
      {({ groups }) => (
        <ParetoTable
          caption={t.defects}
          name={t.defectsBy[by]}
          rows={groups.map((one) => ({
            ...one,
            to: by === 'equipment' && one.key !== null ? withParameters({ equipment: one.key }) : undefined,
          }))}
        />
      )}
    </Panel>
  );
}

interface ParetoRow {
  readonly key: string | number | null;
  readonly count: number;
  readonly share: number;
  readonly cumulative_share: number;
  /** Where a click on the name leads. */
  readonly to: string | undefined;
}

/** The most frequent first, with what they and those before them make up. */
function ParetoTable({
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
