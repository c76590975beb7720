/** One lot: its wafers side by side, all of them stacked, and what was done to it. */
import { type JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { type Lot } from '@chip/client';
import { type Die } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { percent, whole } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { addressOf, useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { boundsOf } from '../../wafer/footprint.ts';
import { Legend, shownOf, textOf } from '../../wafer/legend.tsx';
import { MapControls } from '../../wafer/map-controls.tsx';
import {
  chosenOperation,
  currentPalette,
  filterOf,
  manyOf,
  operationsOf,
  scaleOf,
  useChoices,
} from '../../wafer/operation.ts';
import { Stack } from './stack.tsx';
import { GalleryWafer } from './gallery-wafer.tsx';

/** Places of the dice of a lot change only with its first wafers. */
const FOOTPRINT_S = 30;

export function LotView(): JSX.Element {
  const lot = useRoute().params['lot'] ?? '';
  const { query, change } = useAddress();
  const { site, value = 'result' } = query;
  const t = texts();
  const answer = useAnswer(question('/v1/lots/{lot_id}', { path: { lot_id: lot }, query: { site } }), 3);
  const operations = useMemo(() => (answer.data ? operationsOf(answer.data) : []), [answer.data]);
  const operation = chosenOperation(operations, query);
  const filter = filterOf(operation);
  const choices = useChoices(lot, site, operation, value);
  const yields = useAnswer(
    filter && question('/v1/yield', { query: { ...filter, site: manyOf(site), lot_id: [lot], group_by: 'wafer' } }),
    3,
  );
  const footprint = useAnswer(
    question('/v1/lots/{lot_id}/map', { path: { lot_id: lot }, query: { site, mix: 'yes' } }),
    FOOTPRINT_S,
  );
  const bounds = useMemo(() => footprint.data && boundsOf(footprint.data.dies), [footprint.data]);
  // Values of every map on screen, so that one colour means the same on all of them.
  const [maps, setMaps] = useState<ReadonlyMap<string, readonly Die[]>>(new Map());
  useEffect(() => setMaps(new Map()), [lot, value, operation?.inspection_type, operation?.step]);
  const palette = currentPalette();
  const shown = useMemo(() => shownOf(query['only']), [query['only']]);
  const scale = useMemo(
    () => scaleOf(value, () => [...maps.values()].flatMap((dice) => dice.map(([, , one]) => one)), choices, palette),
    [value, maps, choices.bins.data, choices.measurements.map(({ name }) => name).join(), palette, t],
  );
  const yieldOf = new Map(yields.data?.groups.map((group) => [group.key, group]));
  const wafers = (data: Lot) => data.wafers.filter(({ wafer_id }) => wafer_id !== null);

  return (
    <>
      <Title
        controls={
          <MapControls
            operations={operations}
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
            <ul class="gallery">
              {wafers(data).map(({ wafer_id }) => {
                const wafer = wafer_id as string;
                const figures = yieldOf.get(wafer);
                return (
                  <GalleryWafer
                    key={wafer}
                    wafer={wafer}
                    address={addressOf('/lots/{lot}/wafers/{wafer}', { lot, wafer }, { ...query, die: undefined })}
                    map={
                      filter &&
                      question('/v1/lots/{lot_id}/wafers/{wafer_id}/map', {
                        path: { lot_id: lot, wafer_id: wafer },
                        query: { ...filter, site, value },
                      })
                    }
                    look={
                      bounds &&
                      scale &&
                      footprint.data && { bounds, scale, shown, palette, footprint: footprint.data.dies }
                    }
                    figures={
                      figures ? t.lot.waferFigures(percent(figures.yield), whole(figures.units)) : t.lot.noInspection
                    }
                    onDice={(dice) => setMaps((known) => new Map(known).set(wafer, dice))}
                  />
                );
              })}
            </ul>
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
