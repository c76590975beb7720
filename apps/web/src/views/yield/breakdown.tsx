import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { percent, whole } from '../../format/numbers.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { filtersOf, type YieldChoice } from './question.ts';
import { Share } from './share.tsx';

const EVERY_S = 10;

export interface BreakdownProps {
  readonly choice: YieldChoice;
  readonly by: 'product' | 'step' | 'equipment' | 'recipe';
  /** The filter that a click on a name sets. */
  readonly parameter?: 'product' | 'step' | 'equipment';
}

/** Yield of each product, step, machine or recipe. */
export function Breakdown({ choice, by, parameter }: BreakdownProps): JSX.Element {
  const { query, withParameters } = useAddress();
  const t = texts();
  const answer = useAnswer(
    question('/v1/yield', { query: { ...filtersOf(choice), kind: choice.kind, group_by: by } }),
    EVERY_S,
  );
  return (
    <Panel
      title={t.yield.each[by]}
      answer={answer}
      units={({ totals }) => totals.units}
      isEmpty={({ groups }) => groups.length === 0}
      empty={t.today.noInspections}
      sheet={({ groups }) => ({
        name: `yield-by-${by}`,
        columns: [by, 'units', 'passed', 'failed', 'yield', 'dppm'],
        rows: groups.map((one) => [one.key, one.units, one.passed, one.failed, one.yield, one.dppm]),
      })}
    >
      {({ groups }) => (
        <Table
          isBounded
          caption={t.yield.each[by]}
          rows={groups}
          keyOf={({ key }) => String(key)}
          columns={[
            {
              title: t.yield.names[by],
              isHead: true,
              cell: ({ key }) =>
                key && parameter && query[parameter] !== key ? (
                  <a href={withParameters({ [parameter]: key })}>{key}</a>
                ) : (
                  key || t.yield.unnamed
                ),
            },
            { title: t.columns.units, isNumber: true, cell: ({ units }) => whole(units) },
            { title: t.columns.failed, isNumber: true, cell: ({ failed }) => whole(failed) },
            {
              title: t.columns.yield,
              isNumber: true,
              cell: (group) => <Share fraction={group.yield} words={percent(group.yield)} />,
            },
          ]}
        />
      )}
    </Panel>
  );
}
