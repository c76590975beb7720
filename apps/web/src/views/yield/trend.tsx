import { type JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { type YieldGroup } from '../../api/answers.ts';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Chart, type Line } from '../../chart/chart.tsx';
import { percent, whole } from '../../format/numbers.ts';
import { Panel } from '../../shared/panel.tsx';
import { texts } from '../../texts/texts.ts';
import { currentPalette } from '../../wafer/operation.ts';
import { type BUCKETS, filtersOf, type YieldChoice } from './question.ts';

const EVERY_S = 5;

export interface TrendProps {
  readonly choice: YieldChoice;
  readonly bucket: (typeof BUCKETS)[number];
}

export function Trend({ choice, bucket }: TrendProps): JSX.Element {
  const t = texts();
  const answer = useAnswer(
    question('/v1/yield', { query: { ...filtersOf(choice), kind: choice.kind, group_by: bucket } }),
    EVERY_S,
  );
  return (
    <Panel
      title={t.yield.trend}
      answer={answer}
      units={({ totals }) => totals.units}
      isEmpty={({ groups }) => groups.length === 0}
      empty={t.today.noInspections}
      sheet={({ groups }) => ({
        name: 'yield-trend',
        columns: [bucket, 'units', 'passed', 'failed', 'yield', 'dppm'],
        rows: groups.map((one) => [one.key, one.units, one.passed, one.failed, one.yield, one.dppm]),
      })}
      controls={
        answer.data && (
          <span class="figure">
            <strong>{percent(answer.data.totals.yield)}</strong> {t.yield.ofUnits(whole(answer.data.totals.units))}
          </span>
        )
      }
    >
      {({ groups, warning }) => (
        <>
          {warning !== undefined && (
            <p class="warn" lang="en">
              ! {warning}
            </p>
          )}
          <TrendChart groups={groups} />
        </>
      )}
    </Panel>
  );
}

function TrendChart({ groups }: { groups: readonly YieldGroup[] }): JSX.Element {
  const palette = currentPalette();
  const t = texts().yield;
  const [selected, setSelected] = useState<number>();
  const x = useMemo(() => groups.map((_, index) => index), [groups]);
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
      lines={lines}
      palette={palette}
      nameX={(at) => shortened(groups[at]?.key)}
      nameY={percent}
      describe={(index) => {
        const group = groups[index];
        return group ? `${group.key}: ${percent(group.yield)} ${t.ofUnits(whole(group.units))}` : '';
      }}
      selected={selected}
      onSelect={setSelected}
      height={220}
    />
  );
}

/** An hour without its year, which would not fit below the chart; a longer span as it is. */
const shortened = (key: string | null | undefined): string =>
  (key ?? '').replace(/^\d{4}-(\d\d-\d\d)T(\d\d)$/, '$1 $2:00');
