/** One lot: its wafers side by side, all of them stacked, and what was done to it. */
import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { type Lot } from '@chip/client';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { addressOf, useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Refused } from '../../shared/states.tsx';
import { Table } from '../../shared/table.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { Legend } from '../../wafer/legend.tsx';
import { MapControls } from '../../wafer/map-controls.tsx';
import { scaleOf, useLotOperation } from '../../wafer/operation.ts';
import { textOf } from '../../wafer/scale.ts';
import { Gallery } from './gallery.tsx';
import { Stack } from './stack.tsx';

export function LotView(): JSX.Element {
  const lot = useRoute().params['lot'] ?? '';
  const { query, change } = useAddress();
  const t = texts();
  const view = useLotOperation(lot, 3);
  const { lot: answer, site, value, operation, filter, choices, yields, footprint, palette, shown } = view;
  const maps = useAnswer(
    filter && question('/v1/lots/{lot_id}/maps', { path: { lot_id: lot }, query: { ...filter, site, value } }),
    3,
  );
  // Of the values of all maps, so that one colour means the same on each.
  const scale = useMemo(
    () => maps.data && scaleOf(value, () => maps.data?.wafers.flatMap(({ values }) => values) ?? [], choices, palette),
    [value, maps.data, choices.bins.data, choices.measurements.map(({ name }) => name).join(), palette, t],
  );
  const yieldOf = new Map(yields.data?.groups.map((group) => [group.key, group]));
  const wafers = (data: Lot) => data.wafers.filter(({ wafer_id }) => wafer_id !== null);

  return (
    <>
      <Title
        controls={
          <MapControls
            operations={view.operations}
            operation={operation}
            measurements={choices.measurements}
            value={value}
          />
        }
      >
        {t.lot.title(lot)}
      </Title>
      <Panel
        title={t.lot.wafers}
        answer={answer}
        also={[maps, yields, footprint, choices.bins]}
        isEmpty={(data) => wafers(data).length === 0}
        empty={t.lot.withoutWafers}
        sheet={(data) => ({
          name: `${lot}-wafers`,
          columns: ['wafer_id', 'units', 'passed', 'failed', 'yield'],
          rows: wafers(data).map(({ wafer_id }) => {
            const one = yieldOf.get(wafer_id);
            return [wafer_id, one?.units, one?.passed, one?.failed, one?.yield];
          }),
        })}
      >
        {(data) => (
          <>
            {scale && <Legend scale={scale} shown={shown} onChange={(next) => change({ only: textOf(next) })} />}
            {maps.problem && !maps.data && <Refused problem={maps.problem} retry={maps.reload} />}
            <Gallery
              maps={maps.data}
              look={scale && footprint.data && { scale, shown, palette, footprint: footprint.data.dies }}
              wafers={wafers(data).map(({ wafer_id }) => {
                const wafer = wafer_id as string;
                const figures = yieldOf.get(wafer);
                return {
                  wafer,
                  address: addressOf('/lots/{lot}/wafers/{wafer}', { lot, wafer }, { ...query, die: undefined }),
                  figures: figures
                    ? t.lot.waferFigures(percent(figures.yield), whole(figures.units))
                    : yields.data || !filter
                      ? t.lot.noInspection
                      : '…',
                };
              })}
            />
          </>
        )}
      </Panel>
      {/* Without the lot, the panel above says why. */}
      {answer.data && (
        <div class="columns">
          {filter && <Stack lot={lot} site={site} filter={filter} footprint={footprint.data?.dies} />}
          <Panel
            title={t.lot.history}
            answer={answer}
            isEmpty={({ history }) => history.length === 0}
            sheet={({ history }) => ({
              name: `${lot}-history`,
              columns: [
                'step',
                'inspection_type',
                'equipment_id',
                'recipe',
                'product',
                'attempts',
                'first_at',
                'last_at',
              ],
              rows: history.map((row) => [
                row.step,
                row.inspection_type,
                row.equipment_id,
                row.recipe,
                row.product,
                row.attempts,
                row.first_at,
                row.last_at,
              ]),
            })}
          >
            {({ history }) => (
              <Table
                caption={t.lot.history}
                rows={history}
                keyOf={(row) =>
                  JSON.stringify([row.step, row.inspection_type, row.equipment_id, row.recipe, row.product])
                }
                columns={[
                  { title: t.columns.step, isHead: true, cell: ({ step }) => step || '–' },
                  { title: t.columns.type, cell: ({ inspection_type }) => inspection_type },
                  { title: t.columns.machine, cell: ({ equipment_id }) => equipment_id ?? '–' },
                  { title: t.columns.product, cell: ({ product }) => product ?? '–' },
                  { title: t.columns.attempts, isNumber: true, cell: ({ attempts }) => whole(attempts) },
                  { title: t.columns.time, cell: ({ last_at }) => <Time at={last_at} /> },
                ]}
              />
            )}
          </Panel>
        </div>
      )}
    </>
  );
}
