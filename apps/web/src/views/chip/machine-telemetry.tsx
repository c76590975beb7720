import { type JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type TelemetrySeries } from '@chip/client';
import { type Attempt } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Chart, type Line } from '../../chart/chart.tsx';
import { type Flag } from '../../chart/marks.ts';
import { useMetrics } from '../../filters/names.ts';
import { NoMetric } from '../../filters/no-metric.tsx';
import { measured } from '../../format/numbers.ts';
import { inZone } from '../../format/time.tsx';
import { settings } from '../../settings/settings.ts';
import { Select } from '../../shared/choice.tsx';
import { addressOf, useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { currentPalette } from '../../wafer/operation.ts';

/** Shown before and after the inspection. */
const AROUND_MS = 30 * 60_000;
const MOST_POINTS = 400;

export type InspectedAt = Pick<Attempt, 'event_id' | 'equipment_id' | 'occurred_at' | 'step'>;

/** What the machine of an inspection reported about itself around that time. */
export function MachineTelemetry({ attempts }: { attempts: readonly InspectedAt[] }): JSX.Element | null {
  const { query, change } = useAddress();
  const { metrics, answer: named } = useMetrics();
  const t = texts();
  const onMachines = attempts.filter(({ equipment_id }) => equipment_id !== null);
  const attempt = onMachines.find(({ event_id }) => event_id === query['attempt']) ?? onMachines.at(-1);
  const machine = attempt?.equipment_id ?? undefined;
  const metric = query['metric'] ?? metrics[0];
  const at = Date.parse(attempt?.occurred_at ?? '');
  const range = attempt && {
    from: new Date(at - AROUND_MS).toISOString(),
    to: new Date(at + AROUND_MS).toISOString(),
  };
  const asked = (of: object) =>
    range && metric !== undefined && machine !== undefined
      ? question('/v1/telemetry/series', { query: { metric_name: metric, ...range, max_points: MOST_POINTS, ...of } })
      : undefined;
  // Some machines send under their own name, others by a controller that names them in a tag.
  const byTag = useAnswer(asked({ 'tags.equipment_id': machine }), 20);
  const isSilent = byTag.data?.points.length === 0;
  const byName = useAnswer(isSilent ? asked({ service_name: machine }) : undefined, 20);
  if (!attempt || machine === undefined || range === undefined) {
    return null;
  }
  const title = t.chip.telemetry(machine);
  if (metric === undefined) {
    return <NoMetric title={title} named={named} />;
  }
  return (
    <Panel
      title={title}
      answer={isSilent ? byName : byTag}
      isEmpty={() => false}
      sheet={({ points }) => ({
        name: `telemetry-${machine}-${metric}`,
        columns: ['time', 'avg_value', 'min_value', 'max_value', 'sample_count'],
        rows: points.map((one) => [one.time, one.avg_value, one.min_value, one.max_value, one.sample_count]),
      })}
      controls={
        <>
          <Select
            label={t.telemetry.metric}
            value={metric}
            options={metrics.map((name) => ({ value: name, label: name }))}
            onChange={(name) => change({ metric: name })}
          />
          <Select
            label={t.columns.attempt}
            value={attempt.event_id}
            options={onMachines.map((one) => ({
              value: one.event_id,
              label: `${one.step} · ${one.equipment_id} · ${inZone(one.occurred_at, settings.value.timeZone).slice(0, 16)}`,
            }))}
            onChange={(id) => change({ attempt: id })}
          />
          <a href={addressOf('/telemetry', {}, { metric, equipment: machine, ...range })}>{t.nav.telemetry}</a>
        </>
      }
    >
      {({ points, covered }) =>
        points.length === 0 ? (
          <p class="quiet">{covered === null ? t.telemetry.gone : t.chip.noTelemetry}</p>
        ) : (
          <Around label={title} points={points} at={at / 1000} metric={metric} />
        )
      }
    </Panel>
  );
}

interface AroundProps {
  readonly label: string;
  readonly points: TelemetrySeries['points'];
  /** Of the inspection; s since 1970. */
  readonly at: number;
  readonly metric: string;
}

function Around({ label, points, at, metric }: AroundProps): JSX.Element {
  const [selected, setSelected] = useState<number>();
  const { timeZone } = settings.value;
  const palette = currentPalette();
  const t = texts();
  const x = useMemo(() => points.map(({ time }) => Date.parse(time) / 1000), [points]);
  const lines = useMemo(
    (): Line[] => [
      { label: metric, values: points.map(({ avg_value }) => avg_value), colour: palette.accent, look: 'line' },
    ],
    [points, metric, palette],
  );
  const flags = useMemo((): Flag[] => [{ x: at, kind: 'note', text: t.chip.inspected }], [at, t]);
  const timeOf = (seconds: number): string => inZone(new Date(seconds * 1000).toISOString(), timeZone);
  return (
    <Chart
      label={label}
      x={x}
      timeZone={timeZone}
      range={[at - AROUND_MS / 1000, at + AROUND_MS / 1000]}
      lines={lines}
      flags={flags}
      palette={palette}
      nameX={(seconds) => timeOf(seconds).slice(11, 16)}
      nameY={measured}
      describe={(index) => `${timeOf(x[index] ?? 0)} · ${metric}: ${measured(points[index]?.avg_value ?? null)}`}
      selected={selected}
      onSelect={setSelected}
      height={200}
    />
  );
}
