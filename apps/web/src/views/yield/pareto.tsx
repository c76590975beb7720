/** What fails most: bins of failing units, and classes of defects. */
import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Select } from '../../shared/choice.tsx';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { filtersOf, policyOf, type YieldChoice } from './question.ts';
import { ParetoTable } from './pareto-table.tsx';

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
      {({ groups }) => <ParetoTable caption={title} name={t.bin} rows={groups} />}
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
