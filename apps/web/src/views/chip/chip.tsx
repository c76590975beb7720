/** Everything about one chip: every attempt, measurement with its limits, and defect. */
import { type JSX } from 'preact';
import { useRoute } from 'preact-iso';
import { type Inspection, type Part } from '@chip/client';
import { type Attempt, type Defect, type Measurement } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { compareTimes } from '../../format/instants.ts';
import { measured } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { addressOf, useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { Verdict } from '../../shared/verdict.tsx';
import { Defects } from './defects.tsx';
import { LimitBar } from './limit-bar.tsx';
import { MachineTelemetry } from './machine-telemetry.tsx';

export function Chip(): JSX.Element {
  const { lot = '', chip = '' } = useRoute().params;
  const { site } = useAddress().query;
  return <ChipDetail lot={lot} chip={chip} site={site} wafer={undefined} place={undefined} />;
}

export interface ChipDetailProps {
  readonly lot: string;
  readonly chip: string;
  readonly site: string | undefined;
  readonly wafer: string | undefined;
  /** Its place on the wafer, as `x,y`. */
  readonly place: string | undefined;
}

type AttemptRow = Attempt & Pick<Inspection, 'inspection_type'>;

export function ChipDetail({ lot, chip, site, wafer, place }: ChipDetailProps): JSX.Element {
  const t = texts();
  const answer = useAnswer(
    question('/v1/lots/{lot_id}/parts/{chip_id}', { path: { lot_id: lot, chip_id: chip }, query: { site } }),
    5,
  );
  const attempts = (data: Part): AttemptRow[] =>
    data.inspections
      .flatMap(({ inspection_type, attempts: all }) => all.map((attempt) => ({ ...attempt, inspection_type })))
      .sort((a, b) => compareTimes(a.occurred_at, b.occurred_at));
  const measurements = (data: Part): Measurement[] => data.inspections.flatMap((one) => one.measurements);
  const defects = (data: Part): Defect[] => data.inspections.flatMap((one) => one.defects);
  const isTruncated = answer.data?.inspections.some(({ truncated }) => truncated.length > 0) ?? false;
  return (
    <>
      <p class="trail">
        <a href={addressOf('/lots/{lot}', { lot }, { site })}>{t.lot.title(lot)}</a>
        {wafer !== undefined && (
          <a href={addressOf('/lots/{lot}/wafers/{wafer}', { lot, wafer }, { site, die: place })}>
            {t.wafer.map(wafer)}
          </a>
        )}
      </p>
      <Title>{t.chip.title(chip, lot)}</Title>
      {isTruncated && <p class="warn">{t.chip.truncated}</p>}
      <Panel
        title={t.chip.history}
        answer={answer}
        sheet={(data) => ({
          name: `${lot}-${chip}-attempts`,
          columns: [
            'step',
            'inspection_type',
            'rank',
            'status',
            'result',
            'hard_bin',
            'soft_bin',
            'equipment_id',
            'occurred_at',
          ],
          rows: attempts(data).map((row) => [
            row.step,
            row.inspection_type,
            row.rank,
            row.status,
            row.result,
            row.hard_bin,
            row.soft_bin,
            row.equipment_id,
            row.occurred_at,
          ]),
        })}
      >
        {(data) => (
          <Table
            caption={t.chip.history}
            rows={attempts(data)}
            keyOf={({ event_id }) => event_id}
            columns={[
              { title: t.columns.step, isHead: true, cell: ({ step, inspection_type }) => step || inspection_type },
              { title: t.columns.type, cell: ({ inspection_type }) => inspection_type },
              {
                title: t.columns.attempt,
                isNumber: true,
                cell: ({ rank, current }) => (
                  <>
                    {rank ?? '–'} {current && <small>{t.chip.current}</small>}
                  </>
                ),
              },
              { title: t.columns.result, cell: ({ result, status }) => <Verdict result={result} status={status} /> },
              {
                title: t.columns.bin,
                isNumber: true,
                cell: ({ hard_bin, soft_bin }) => `${hard_bin ?? '–'} / ${soft_bin ?? '–'}`,
              },
              { title: t.columns.machine, cell: ({ equipment_id }) => equipment_id ?? '–' },
              { title: t.columns.recipe, cell: ({ recipe }) => recipe ?? '–' },
              { title: t.columns.time, cell: ({ occurred_at }) => <Time at={occurred_at} /> },
            ]}
          />
        )}
      </Panel>
      {answer.data && <MachineTelemetry attempts={attempts(answer.data)} />}
      <div class="columns">
        <Panel
          title={t.chip.measurements}
          answer={answer}
          units={(data) => measurements(data).length}
          isEmpty={(data) => measurements(data).length === 0}
          empty={t.chip.noMeasurements}
          sheet={(data) => ({
            name: `${lot}-${chip}-measurements`,
            columns: ['step', 'name', 'value', 'unit', 'lower_limit', 'upper_limit', 'time'],
            rows: measurements(data).map((row) => [
              row.step,
              row.name,
              row.value,
              row.unit,
              row.lower_limit,
              row.upper_limit,
              row.time,
            ]),
          })}
        >
          {(data) => (
            <Table
              caption={t.chip.measurements}
              rows={measurements(data)}
              keyOf={({ event_id, name, time }) => `${event_id} ${name} ${time}`}
              columns={[
                { title: t.columns.measurement, isHead: true, cell: ({ name }) => name },
                { title: t.columns.step, cell: ({ step }) => step ?? '–' },
                { title: t.columns.value, isNumber: true, cell: ({ value }) => measured(value) },
                { title: t.columns.unit, cell: ({ unit }) => unit ?? '' },
                { title: t.columns.limits, cell: (row) => <LimitBar measurement={row} /> },
              ]}
            />
          )}
        </Panel>
        <Panel
          title={t.chip.defects}
          answer={answer}
          units={(data) => defects(data).length}
          isEmpty={(data) => defects(data).length === 0}
          empty={t.chip.noDefects}
          sheet={(data) => ({
            name: `${lot}-${chip}-defects`,
            columns: ['class', 'x_um', 'y_um', 'size_um', 'severity', 'time'],
            rows: defects(data).map((row) => [row.class, row.x_um, row.y_um, row.size_um, row.severity, row.time]),
          })}
        >
          {(data) => <Defects defects={defects(data)} />}
        </Panel>
      </div>
    </>
  );
}
