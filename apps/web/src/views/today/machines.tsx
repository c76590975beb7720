import { type JSX } from 'preact';
import { type EquipmentPage } from '@chip/client';
import { duration } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';

/** Every machine, the silent ones first. */
export function Machines({ machines }: { machines: EquipmentPage['items'] }): JSX.Element {
  const t = texts();
  const states = t.today.machineStates;
  return (
    <Table
      caption={t.today.machines}
      rows={[...machines].sort((a, b) => Number(b.is_silent === true) - Number(a.is_silent === true))}
      keyOf={({ name }) => name}
      classOf={({ is_silent }) => (is_silent === true ? 'attention' : '')}
      columns={[
        { title: t.columns.machine, isHead: true, cell: ({ name }) => name },
        {
          title: t.columns.state,
          cell: ({ is_silent }) =>
            is_silent === true ? (
              <span class="bad">▲ {states.silent}</span>
            ) : is_silent === false ? (
              <span class="good">● {states.running}</span>
            ) : (
              <span class="quiet">{states.unknown}</span>
            ),
        },
        {
          title: t.columns.interval,
          isNumber: true,
          cell: ({ typical_interval_seconds }) => duration(typical_interval_seconds),
        },
        { title: t.columns.lastSeen, cell: ({ last_seen }) => <Time at={last_seen} /> },
      ]}
    />
  );
}
