import { type JSX } from 'preact';
import { type SpcChart } from '@chip/client';
import { type Sheet } from '../../format/csv.ts';
import { measured } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { SampleName } from './sample.tsx';

const PANELS = ['location', 'dispersion', 'within'] as const;
/** Rows on screen; the CSV has every sample. */
const MOST_ROWS = 200;

/** Every rule that was broken, by name, and where: the newest first. */
export function Violations({ chart, onSelect }: { chart: SpcChart; onSelect: (sample: number) => void }): JSX.Element {
  const t = texts();
  const found = PANELS.flatMap((panel) => {
    const values = new Map(chart[panel]?.points.map(({ index, value }) => [index, value]));
    return (chart[panel]?.violations ?? []).map(({ index, rule }) => ({
      panel,
      index,
      rule,
      value: values.get(index),
      sample: chart.samples[index],
    }));
  }).sort((a, b) => b.index - a.index);
  return (
    <>
      <Table
        isBounded
        caption={t.charts.violations}
        rows={found.slice(0, MOST_ROWS)}
        keyOf={({ panel, index, rule }) => `${panel}/${index}/${rule}`}
        columns={[
          {
            title: t.charts.sample,
            isHead: true,
            cell: ({ index, sample }) => (
              <button type="button" class="link" onClick={() => onSelect(index)}>
                <SampleName sample={sample} index={index} />
              </button>
            ),
          },
          { title: t.charts.rule, cell: ({ rule }) => t.charts.ruleNames[rule] },
          { title: t.charts.panel, cell: ({ panel }) => t.charts.panels[panel] },
          { title: t.columns.value, isNumber: true, cell: ({ value }) => measured(value) },
          { title: t.columns.time, cell: ({ sample }) => <Time at={sample?.first_at} /> },
        ]}
      />
      {found.length > MOST_ROWS && <p class="hint">{t.wafer.mostRows(String(MOST_ROWS), String(found.length))}</p>}
    </>
  );
}

/** Each sample with its points, limits and broken rules. */
export function sheetOf(name: string, chart: SpcChart): Sheet {
  const points = PANELS.map((panel) => new Map(chart[panel]?.points.map((point) => [point.index, point])));
  const rules = PANELS.map((panel) => Map.groupBy(chart[panel]?.violations ?? [], ({ index }) => index));
  const used = PANELS.filter((panel) => chart[panel] !== undefined);
  return {
    name: `control-chart-${name}`,
    columns: [
      'index',
      'key',
      'lot_id',
      'site',
      'first_at',
      'last_at',
      'size',
      ...used.flatMap((panel) => [panel, `${panel}_lower`, `${panel}_upper`, `${panel}_rules`]),
    ],
    rows: chart.samples.map((sample, index) => [
      index,
      sample.key,
      sample.lot_id,
      sample.site,
      sample.first_at,
      sample.last_at,
      sample.size,
      ...used.flatMap((panel) => {
        const at = PANELS.indexOf(panel);
        const point = points[at]?.get(index);
        const broken = rules[at]?.get(index)?.map(({ rule }) => rule) ?? [];
        return [point?.value, point?.lower, point?.upper, broken.join(' ') || undefined];
      }),
    ]),
  };
}
