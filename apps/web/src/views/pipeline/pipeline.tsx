/** Progress of every partition, and the way out of each that stopped. */
import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { whole } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { Panel } from '../../shared/panel.tsx';
import { Empty } from '../../shared/states.tsx';
import { Table } from '../../shared/table.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { Lag } from './lag.tsx';
import { PartitionState } from './partition-state.tsx';
import { TopicTable } from './topic-table.tsx';

const LEDGER_S = 10;

export function Pipeline(): JSX.Element {
  const t = texts();
  const answer = useAnswer(question('/v1/pipeline'));
  const ledger = useAnswer(question('/v1/ledger'), LEDGER_S);
  return (
    <>
      <Title>{t.pipeline.title}</Title>
      <div class="columns">
        <Panel
          title={t.pipeline.topics}
          answer={answer}
          isEmpty={({ topics }) => topics.length === 0}
          empty={t.pipeline.none}
        >
          {({ topics }) => <TopicTable topics={topics} />}
        </Panel>
        <div>
          <Panel title={t.pipeline.ledger} answer={ledger}>
            {({ balanced }) => (
              <p class={balanced ? 'good' : 'bad'}>
                {balanced ? '●' : '▲'} {balanced ? t.pipeline.balanced : t.pipeline.unbalanced}
              </p>
            )}
          </Panel>
          <Panel title={t.pipeline.ingest} answer={answer}>
            {({ ingest }) =>
              ingest.length === 0 ? (
                <Empty>{t.pipeline.ingestRuns}</Empty>
              ) : (
                <Table
                  caption={t.pipeline.ingest}
                  rows={ingest}
                  keyOf={({ topic, partition }) => `${topic}/${partition}`}
                  columns={[
                    {
                      title: t.columns.partition,
                      isHead: true,
                      cell: ({ topic, partition }) => `${topic}/${partition}`,
                    },
                    { title: t.columns.state, cell: (row) => <PartitionState row={row} /> },
                    { title: t.columns.position, isNumber: true, cell: ({ at_offset }) => whole(at_offset) },
                    { title: t.columns.since, cell: ({ state_since }) => <Time at={state_since} /> },
                  ]}
                />
              )
            }
          </Panel>
        </div>
      </div>
      <Panel
        title={t.pipeline.lag}
        answer={answer}
        isEmpty={({ topics }) => topics.length === 0}
        empty={t.pipeline.none}
      >
        {({ topics }) => <Lag topics={topics} />}
      </Panel>
      <Panel
        title={t.pipeline.partitions}
        answer={answer}
        isEmpty={({ partitions }) => partitions.length === 0}
        empty={t.pipeline.none}
        sheet={({ partitions }) => ({
          name: 'pipeline',
          columns: [
            'topic',
            'partition',
            'state',
            'next_offset',
            'lag_events',
            'lag_seconds',
            'applied',
            'dead_lettered',
            'duplicates',
            'gaps',
            'updated_at',
          ],
          rows: partitions.map((row) => [
            row.topic,
            row.partition,
            row.state,
            row.next_offset,
            row.lag_events,
            row.lag_seconds,
            row.applied,
            row.dead_lettered,
            row.duplicates,
            row.gaps,
            row.updated_at,
          ]),
        })}
      >
        {({ partitions }) => (
          <Table
            caption={t.pipeline.partitions}
            rows={[...partitions].sort((a, b) => Number(a.state === 'running') - Number(b.state === 'running'))}
            keyOf={({ topic, partition }) => `${topic}/${partition}`}
            classOf={({ state }) => (state === 'running' ? '' : 'attention')}
            columns={[
              { title: t.columns.partition, isHead: true, cell: ({ topic, partition }) => `${topic}/${partition}` },
              { title: t.columns.state, cell: (row) => <PartitionState row={row} /> },
              { title: t.columns.position, isNumber: true, cell: ({ next_offset }) => whole(next_offset) },
              { title: t.columns.lagEvents, isNumber: true, cell: ({ lag_events }) => whole(lag_events) },
              { title: t.columns.lagSeconds, isNumber: true, cell: ({ lag_seconds }) => whole(lag_seconds) },
              { title: t.columns.applied, isNumber: true, cell: ({ applied }) => whole(applied) },
              { title: t.columns.deadLetters, isNumber: true, cell: ({ dead_lettered }) => whole(dead_lettered) },
              { title: t.columns.duplicates, isNumber: true, cell: ({ duplicates }) => whole(duplicates) },
              { title: t.columns.gaps, isNumber: true, cell: ({ gaps }) => whole(gaps) },
              { title: t.columns.owner, cell: ({ owner }) => owner ?? '–' },
            ]}
          />
        )}
      </Panel>
    </>
  );
}
