import { type JSX } from 'preact';
import { type TopicProgress } from '../../api/answers.ts';
import { whole } from '../../format/numbers.ts';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';

/** The pipeline in a few lines: one per topic. */
export function TopicTable({ topics }: { topics: readonly TopicProgress[] }): JSX.Element {
  const t = texts();
  return (
    <Table
      caption={t.pipeline.topics}
      rows={topics}
      keyOf={({ topic }) => topic}
      columns={[
        { title: t.columns.topic, isHead: true, cell: ({ topic }) => topic },
        {
          title: t.columns.running,
          isNumber: true,
          cell: ({ running, partitions }) => (
            <span class={running === partitions ? 'good' : 'bad'}>
              {running} / {partitions}
            </span>
          ),
        },
        { title: t.columns.lagEvents, isNumber: true, cell: ({ lag_events }) => whole(lag_events) },
        { title: t.columns.lagSeconds, isNumber: true, cell: ({ lag_seconds }) => whole(lag_seconds) },
        { title: t.columns.applied, isNumber: true, cell: ({ applied }) => whole(applied) },
        {
          title: t.columns.deadLetters,
          isNumber: true,
          cell: ({ dead_lettered }) => <span class={dead_lettered > 0 ? 'warn' : ''}>{whole(dead_lettered)}</span>,
        },
      ]}
    />
  );
}
