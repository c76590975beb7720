import { type JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type TelemetrySeries, type TelemetrySummary } from '@chip/client';
import { question } from '../../api/ask.ts';
import { type Answer, useAnswer } from '../../api/use-answer.ts';
import { Chart, type Line } from '../../chart/chart.tsx';
import { duration, measured } from '../../format/numbers.ts';
import { inZone } from '../../format/time.tsx';
import { settings } from '../../settings/settings.ts';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { currentPalette } from '../../wafer/operation.ts';
import { alignedTo, timesOf } from './align.ts';
import { MOST_SOURCES } from './sources.ts';
import { parametersOf, type Span } from './span.ts';

/** About as many as a screen has columns for. */
const MOST_POINTS = 600;
const EVERY_S = 5;
const SLOTS = Array.from({ length: MOST_SOURCES }, (_, slot) => slot);

export interface SeriesProps {
  readonly metric: string;
  readonly host: string | undefined;
  readonly sources: readonly string[];
  readonly span: Span;
  readonly range: { readonly from: string; readonly to: string };
  readonly summary: Answer<TelemetrySummary>;
}

/** The chosen sources over time; a range drawn with the pointer is shown in finer steps, down to single samples. */
export function Series({ metric, host, sources, span, range, summary }: SeriesProps): JSX.Element {
  const t = texts().telemetry;
  const answers = SLOTS.map((slot) => {
    const source = sources[slot];
    return useAnswer(
      source === undefined
        ? undefined
        : question('/v1/telemetry/series', {
            query: { metric_name: metric, service_name: source, host, ...range, max_points: MOST_POINTS },
          }),
      EVERY_S,
    );
  });
  const asked = answers.slice(0, sources.length);
  const first: Answer<unknown> = asked[0] ?? summary;
  const waiting = asked.find(({ data }) => data === undefined);
  const all = waiting === undefined && asked.length > 0 ? asked.map(({ data }) => data as TelemetrySeries) : undefined;
  const title = t.over(metric);
  const isGone = all?.some(({ covered }) => covered === null) ?? false;
  return (
    <Panel
      title={title}
      answer={(waiting ?? first) as Answer<unknown>}
      isEmpty={() => all === undefined || all.every(({ points }) => points.length === 0)}
      empty={sources.length === 0 && (summary.data?.services.length ?? 0) > 0 ? t.noneChosen : isGone ? t.gone : t.none}
      controls={
        all?.[0] && (
          <span class="quiet">
            {t.resolutions[all[0].resolution]}, {t.every(duration(all[0].bucket_seconds))}
          </span>
        )
      }
      sheet={() => ({
        name: `telemetry-${metric}`,
        columns: ['service_name', 'time', 'avg_value', 'min_value', 'max_value', 'sample_count'],
        rows: (all ?? []).flatMap(({ points }, slot) =>
          points.map((one) => [sources[slot], one.time, one.avg_value, one.min_value, one.max_value, one.sample_count]),
        ),
      })}
    >
      {() =>
        all && (
          <>
            {isGone && <p class="warn">! {t.gone}</p>}
            <SeriesChart label={title} all={all} sources={sources} span={span} />
          </>
        )
      }
    </Panel>
  );
}

interface SeriesChartProps {
  readonly label: string;
  readonly all: readonly TelemetrySeries[];
  readonly sources: readonly string[];
  readonly span: Span;
}

function SeriesChart({ label, all, sources, span }: SeriesChartProps): JSX.Element {
  const { change } = useAddress();
  const { timeZone } = settings.value;
  const [selected, setSelected] = useState<number>();
  const palette = currentPalette();
  const t = texts().telemetry;
  // The newest time stays the same while a partition behind it catches up.
  const key = JSON.stringify(all.map(({ as_of, points }) => [as_of, points.length]));
  const x = useMemo(() => timesOf(all), [key]);
  const lines = useMemo(
    (): Line[] =>
      all.flatMap(({ points, bucket_seconds }, slot): Line[] => {
        const colour = palette.categories[slot] ?? palette.other;
        const name = sources[slot] ?? '';
        const line = (pick: (point: (typeof points)[number]) => number): Line['values'] =>
          alignedTo(x, points, pick, bucket_seconds);
        const mean: Line = {
          label: name,
          values: line(({ avg_value }) => avg_value),
          colour,
          look: 'line',
          dash: slot,
        };
        // The extremes of one source are worth their ink; those of several would hide one another.
        return all.length === 1
          ? [
              mean,
              { label: t.most, values: line(({ max_value }) => max_value), colour, look: 'edge' },
              { label: t.least, values: line(({ min_value }) => min_value), colour, look: 'edge' },
            ]
          : [mean];
      }),
    [x, all.length, palette, sources.join(), t],
  );
  const bands = useMemo(() => (all.length === 1 ? ([[1, 2]] as const) : []), [all.length]);
  return (
    <>
      <Chart
        label={label}
        x={x}
        timeZone={timeZone}
        range={[span.fromMs / 1000, span.toMs / 1000]}
        lines={lines}
        bands={bands}
        palette={palette}
        nameX={(at) => nameOf(at, span, timeZone)}
        nameY={measured}
        describe={(index) =>
          [
            inZone(new Date((x[index] ?? 0) * 1000).toISOString(), timeZone),
            ...lines
              .filter(({ look }) => look === 'line')
              .map(({ label: name, values }) => `${name}: ${measured(values[index])}`),
          ].join(' · ')
        }
        selected={selected}
        onSelect={setSelected}
        onZoom={(from, to) => change(parametersOf(from * 1000, to * 1000))}
      />
      <p class="hint">{t.zoomHint}</p>
    </>
  );
}

const DAY_MS = 86_400_000;

/** A time on the axis: as much of it as the span needs. */
export function nameOf(at: number, { fromMs, toMs }: Span, timeZone: string): string {
  const text = inZone(new Date(at * 1000).toISOString(), timeZone);
  return toMs - fromMs > 2 * DAY_MS
    ? text.slice(5, 16)
    : toMs - fromMs > DAY_MS / 24
      ? text.slice(11, 16)
      : text.slice(11);
}
