import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type SpcChart } from '@chip/client';
import { Chart, type Line } from '../../chart/chart.tsx';
import { type Flag, type Mark } from '../../chart/marks.ts';
import { measured } from '../../format/numbers.ts';
import { inZone } from '../../format/time.tsx';
import { settings } from '../../settings/settings.ts';
import { texts } from '../../texts/texts.ts';
import { currentPalette } from '../../wafer/operation.ts';

type PanelData = SpcChart['location'];
export type Samples = SpcChart['samples'];

/** Samples with limits of their own. */
interface Phase {
  readonly from: number;
  readonly to: number;
  readonly centre: number | null;
}

export interface ControlPanelProps {
  readonly title: string;
  readonly data: PanelData;
  readonly samples: Samples;
  /** With limits of their own; empty = the chart has one set of limits. */
  readonly phases: readonly Phase[];
  /** Notes and beginnings of phases, by index of a sample. */
  readonly flags: readonly Flag[];
  readonly excluded: ReadonlySet<number>;
  /** Index of a sample. */
  readonly selected: number | undefined;
  readonly onSelect: (sample: number | undefined) => void;
}

/** One panel: its points, centre and limits as the API answered them, violations as diamonds. */
export function ControlPanel(props: ControlPanelProps): JSX.Element {
  const { title, data, samples, phases, flags, excluded, selected, onSelect } = props;
  const palette = currentPalette();
  const t = texts();
  const { language, timeZone } = settings.value;
  const lines = useMemo((): Line[] => {
    const { points, centre } = data;
    const isCusum = points.some(({ high }) => high !== undefined);
    return [
      // A line for each phase: one through all of them would slope from phase to phase.
      ...(phases.length === 0 ? [{ from: 0, to: Infinity, centre }] : phases).flatMap((phase): Line[] => {
        const within = (pick: (point: (typeof points)[number]) => number | null): Line['values'] =>
          points.map((point) => (point.index >= phase.from && point.index < phase.to ? pick(point) : null));
        return [
          { label: t.charts.upper, values: within(({ upper }) => upper), colour: palette.warn, look: 'limit' },
          { label: t.charts.lower, values: within(({ lower }) => lower), colour: palette.warn, look: 'limit' },
          ...(phase.centre === null
            ? []
            : [
                {
                  label: t.charts.centre,
                  values: within(() => phase.centre),
                  colour: palette.quiet,
                  look: 'centre',
                } as const,
              ]),
        ];
      }),
      ...(isCusum
        ? ([
            {
              label: t.charts.high,
              values: points.map(({ high }) => high ?? null),
              colour: palette.accent,
              look: 'points',
            },
            {
              label: t.charts.low,
              values: points.map(({ low }) => (low === undefined ? null : -low)),
              colour: palette.good,
              look: 'points',
            },
          ] as const)
        : [
            { label: title, values: points.map(({ value }) => value), colour: palette.accent, look: 'points' } as const,
          ]),
    ];
  }, [data, phases, palette, language]);
  const x = useMemo(() => data.points.map(({ index }) => index), [data]);
  const places = useMemo(() => new Map(x.map((sample, index) => [sample, index])), [x]);
  const marks = useMemo((): Mark[] => {
    const violating = new Set(data.violations.map(({ index }) => index));
    return data.points.flatMap((point, place): Mark[] => {
      const { index } = point;
      const value = drawnAt(point);
      return [
        ...(excluded.has(index) ? [{ index: place, value, kind: 'excluded' } as const] : []),
        ...(violating.has(index) ? [{ index: place, value, kind: 'violation' } as const] : []),
      ];
    });
  }, [data, excluded]);
  const describe = (place: number): string => {
    const point = data.points[place];
    const sample = point && samples[point.index];
    if (!point || !sample) {
      return '';
    }
    const broken = data.violations.filter(({ index }) => index === point.index);
    return [
      `${sample.key ?? sample.lot_id ?? point.index}: ${measured(point.value)}`,
      t.charts.within(measured(point.lower), measured(point.upper)),
      `n = ${sample.size}`,
      inZone(sample.first_at, timeZone).slice(0, 16),
      ...broken.map(({ rule }) => t.charts.ruleNames[rule]),
    ].join(' · ');
  };
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <Chart
        label={t.charts.summary(title, data.points.length, data.violations.length)}
        x={x}
        lines={lines}
        marks={marks}
        flags={flags}
        palette={palette}
        nameX={(at) => nameAt(samples, at, timeZone)}
        nameY={measured}
        describe={describe}
        selected={selected === undefined ? undefined : places.get(selected)}
        onSelect={(place) => onSelect(place === undefined ? undefined : data.points[place]?.index)}
      />
    </section>
  );
}

/** Where a point is drawn: a CUSUM shows its sums, the one below the target downwards, and no value. */
function drawnAt({ value, high, low, upper }: PanelData['points'][number]): number {
  return high === undefined || low === undefined ? value : high > upper || high >= low ? high : -low;
}

/** A sample on the axis: the day and minute at which it began. */
function nameAt(samples: Samples, at: number, timeZone: string): string {
  const sample = samples[at];
  return sample === undefined ? '' : inZone(sample.first_at, timeZone).slice(5, 16);
}
