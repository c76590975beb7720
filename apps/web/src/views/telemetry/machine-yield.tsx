import { type JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type YieldGroup } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Chart, type Line } from '../../chart/chart.tsx';
import { percent, whole } from '../../format/numbers.ts';
import { settings } from '../../settings/settings.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { currentPalette } from '../../wafer/operation.ts';
import { nameOf } from './series.tsx';
import { type Span } from './span.ts';

const EVERY_S = 15;
const WEEK_MS = 7 * 86_400_000;

export interface MachineYieldProps {
  readonly machine: string | undefined;
  readonly span: Span;
  readonly range: { readonly from: string; readonly to: string };
}

/** Yield on the same time axis as the telemetry above. */
export function MachineYield({ machine, span, range }: MachineYieldProps): JSX.Element {
  const t = texts();
  const bucket = span.toMs - span.fromMs > WEEK_MS * 2 ? 'day' : 'hour';
  const answer = useAnswer(
    question('/v1/yield', {
      query: {
        kind: 'first_pass',
        group_by: bucket,
        equipment_id: machine === undefined ? undefined : [machine],
        ...range,
      },
    }),
    EVERY_S,
  );
  return (
    <Panel
      title={machine === undefined ? t.telemetry.yield : t.telemetry.yieldAt(machine)}
      answer={answer}
      units={({ totals }) => totals.units}
      isEmpty={({ groups }) => groups.length === 0}
      empty={t.today.noInspections}
      sheet={({ groups }) => ({
        name: 'yield-beside-telemetry',
        columns: [bucket, 'units', 'failed', 'yield'],
        rows: groups.map((one) => [one.key, one.units, one.failed, one.yield]),
      })}
    >
      {({ groups }) => <YieldChart groups={groups} span={span} />}
    </Panel>
  );
}

/** The start of an hour `2026-11-27T06` or a day `2026-11-27`, UTC; s since 1970. */
const startOf = (key: string | null): number =>
  Date.parse(key?.length === 13 ? `${key}:00:00Z` : `${key}T00:00:00Z`) / 1000;

function YieldChart({ groups, span }: { groups: readonly YieldGroup[]; span: Span }): JSX.Element {
  const { timeZone } = settings.value;
  const [selected, setSelected] = useState<number>();
  const palette = currentPalette();
  const t = texts().yield;
  const x = useMemo(() => groups.map(({ key }) => startOf(key)), [groups]);
  const lines = useMemo(
    (): Line[] => [
      { label: t.title, values: groups.map(({ yield: share }) => share), colour: palette.accent, look: 'points' },
    ],
    [groups, palette, t],
  );
  return (
    <Chart
      label={t.trend}
      x={x}
      timeZone={timeZone}
      range={[span.fromMs / 1000, span.toMs / 1000]}
      lines={lines}
      palette={palette}
      nameX={(at) => nameOf(at, span, timeZone)}
      nameY={percent}
      describe={(index) => {
        const group = groups[index];
        return group ? `${group.key} UTC: ${percent(group.yield)} ${t.ofUnits(whole(group.units))}` : '';
      }}
      selected={selected}
      onSelect={setSelected}
      height={180}
    />
  );
}
