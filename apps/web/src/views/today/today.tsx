/** The fab in one glance: what needs attention, yield, machines, pipeline. */
import { type JSX } from 'preact';
import { type YieldGroup } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { type Sheet } from '../../format/csv.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Panel } from '../../shared/panel.tsx';
import { RangeChoice, useRange } from '../../shared/range.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { TopicTable } from '../pipeline/topic-table.tsx';
import { Attention } from './attention.tsx';
import { Machines } from './machines.tsx';
import { YieldTable } from './yield-table.tsx';

/** Comparisons and balances change slowly. */
const SLOW_S = 15;
const MOST_MACHINES = 500;

export function Today(): JSX.Element {
  const { from } = useRange();
  const t = texts();
  const byStep = useAnswer(question('/v1/yield', { query: { kind: 'first_pass', group_by: 'step', from } }));
  const byProduct = useAnswer(
    question('/v1/yield', { query: { kind: 'rolled_throughput', group_by: 'product', from } }),
  );
  const machines = useAnswer(question('/v1/equipment', { query: { limit: MOST_MACHINES } }), 5);
  const pipeline = useAnswer(question('/v1/pipeline'));
  const ledger = useAnswer(question('/v1/ledger'), SLOW_S);
  const comparison = useAnswer(question('/v1/equipment/compare', { query: { from } }), SLOW_S);
  return (
    <>
      <Title controls={<RangeChoice />}>{t.today.title}</Title>
      <Attention pipeline={pipeline} ledger={ledger} machines={machines} comparison={comparison} />
      <div class="columns">
        <Panel
          title={t.today.yieldByStep}
          answer={byStep}
          units={({ totals }) => totals.units}
          isEmpty={({ groups }) => groups.length === 0}
          empty={t.today.noInspections}
          sheet={({ groups }) => sheetOf('first-pass-yield', 'step', groups)}
        >
          {({ groups }) => <YieldTable caption={t.today.yieldByStep} name={t.columns.step} groups={groups} />}
        </Panel>
        <Panel
          title={t.today.yieldByProduct}
          answer={byProduct}
          units={({ totals }) => totals.units}
          isEmpty={({ groups }) => groups.length === 0}
          empty={t.today.noInspections}
          sheet={({ groups }) => sheetOf('rolled-throughput-yield', 'product', groups)}
        >
          {({ groups }) => <YieldTable caption={t.today.yieldByProduct} name={t.columns.product} groups={groups} />}
        </Panel>
        <Panel
          anchor="machines"
          title={t.today.machines}
          answer={machines}
          isEmpty={({ items }) => items.length === 0}
          empty={t.today.noInspections}
          units={({ items }) => items.length}
          sheet={({ items }) => ({
            name: 'machines',
            columns: ['name', 'last_seen', 'typical_interval_seconds', 'is_silent'],
            rows: items.map((one) => [one.name, one.last_seen, one.typical_interval_seconds, one.is_silent]),
          })}
        >
          {({ items }) => <Machines machines={items} />}
        </Panel>
        <Panel
          title={t.today.pipeline}
          answer={pipeline}
          isEmpty={({ topics }) => topics.length === 0}
          empty={t.pipeline.none}
          controls={<a href="/pipeline">{t.pipeline.partitions}</a>}
        >
          {({ topics }) => <TopicTable topics={topics} />}
        </Panel>
      </div>
    </>
  );
}

const sheetOf = (name: string, group: string, groups: readonly YieldGroup[]): Sheet => ({
  name,
  columns: [group, 'units', 'passed', 'failed', 'yield', 'dppm'],
  rows: groups.map((one) => [one.key, one.units, one.passed, one.failed, one.yield, one.dppm]),
});
