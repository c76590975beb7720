import { type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Pipeline } from '@chip/client';
import { Chart, type Line } from '../../chart/chart.tsx';
import { whole } from '../../format/numbers.ts';
import { inZone } from '../../format/time.tsx';
import { settings } from '../../settings/settings.ts';
import { texts } from '../../texts/texts.ts';
import { currentPalette } from '../../wafer/operation.ts';

/** The lag of every topic at one time, as it was answered. */
interface Moment {
  /** s since 1970. */
  readonly at: number;
  readonly topics: Pipeline['topics'];
}

/** Half an hour at the pace of the view. */
const MOST_MOMENTS = 1_200;
/** Outlives the view, so that a look at another one loses nothing. The service keeps no history: a metrics server does. */
let seen: readonly Moment[] = [];

/** How far behind each topic was while the page was open: in events, and in seconds until an event is stored. */
export function Lag({ topics }: { topics: Pipeline['topics'] }): JSX.Element {
  const [moments, setMoments] = useState(seen);
  useEffect(() => {
    seen = [...seen, { at: Date.now() / 1000, topics }].slice(-MOST_MOMENTS);
    setMoments(seen);
  }, [topics]);
  const t = texts().columns;
  return (
    <div class="columns">
      <LagChart label={t.lagEvents} moments={moments} pick={({ lag_events }) => lag_events} />
      <LagChart label={t.lagSeconds} moments={moments} pick={({ lag_seconds }) => lag_seconds} />
    </div>
  );
}

interface LagChartProps {
  readonly label: string;
  readonly moments: readonly Moment[];
  readonly pick: (topic: Pipeline['topics'][number]) => number | null;
}

function LagChart({ label, moments, pick }: LagChartProps): JSX.Element {
  const { timeZone } = settings.value;
  const palette = currentPalette();
  const names = moments.at(-1)?.topics.map(({ topic }) => topic) ?? [];
  const x = moments.map(({ at }) => at);
  const lines = names.map((name, i): Line => {
    const values = moments.map(({ topics }) => {
      const found = topics.find(({ topic }) => topic === name);
      return found ? pick(found) : null;
    });
    return { label: name, values, colour: palette.categories[i] ?? palette.other, look: 'line', dash: i };
  });
  const timeOf = (seconds: number): string => inZone(new Date(seconds * 1000).toISOString(), timeZone).slice(11);
  return (
    <Chart
      label={label}
      x={x}
      timeZone={timeZone}
      lines={lines}
      palette={palette}
      nameX={timeOf}
      nameY={whole}
      describe={(index) =>
        [
          timeOf(x[index] ?? 0),
          ...lines.map(({ label: name, values }) => `${name}: ${whole(values[index] ?? null)}`),
        ].join(' · ')
      }
      height={160}
    />
  );
}
