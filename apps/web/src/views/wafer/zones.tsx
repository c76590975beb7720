import { type JSX } from 'preact';
import { type WaferMap } from '@chip/client';
import { type Answer } from '../../api/use-answer.ts';
import { measured, percent, whole } from '../../format/numbers.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { type Zone } from '../../wafer/overlay.ts';

/** Yield of each zone as the API counts it. */
export function ZoneTable({ answer, zone }: { answer: Answer<WaferMap>; zone: Zone }): JSX.Element {
  const t = texts();
  const title = t.wafer.zoneYield(t.wafer.zones[zone]);
  return (
    <Panel
      title={title}
      answer={answer}
      units={({ zones }) => (zones ?? []).reduce((sum, { tested }) => sum + tested, 0)}
      isEmpty={({ zones }) => (zones ?? []).length === 0}
      sheet={({ zones = [], lot_id, wafer_id }) => ({
        name: `${lot_id}-${wafer_id}-${zone}`,
        columns: ['zone', 'key', 'dies', 'tested', 'failed', 'yield', 'mean'],
        rows: zones.map((one) => [one.zone, one.key, one.dies, one.tested, one.failed, one.yield, one.mean]),
      })}
    >
      {({ zones = [], value }) => (
        <Table
          isBounded
          caption={title}
          rows={zones}
          keyOf={({ key }) => String(key)}
          columns={[
            { title: t.wafer.zone, isHead: true, cell: ({ key }) => key ?? '–' },
            { title: t.columns.units, isNumber: true, cell: ({ tested }) => whole(tested) },
            { title: t.columns.failed, isNumber: true, cell: ({ failed }) => whole(failed) },
            { title: t.columns.yield, isNumber: true, cell: (one) => percent(one.yield) },
            // Numbers of bins are names: their mean says nothing.
            ...(!value.endsWith('_bin') && zones.some(({ mean }) => mean !== null)
              ? [
                  {
                    title: t.wafer.mean,
                    isNumber: true,
                    cell: ({ mean }: (typeof zones)[number]) => (mean === null ? '–' : measured(mean)),
                  },
                ]
              : []),
          ]}
        />
      )}
    </Panel>
  );
}
