import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type SpcChart } from '@chip/client';
import { type Flag } from '../../chart/marks.ts';
import { texts } from '../../texts/texts.ts';
import { type Annotation } from './notes/annotations.tsx';
import { ControlPanel, type ControlPanelProps, type Samples } from './control-panel.tsx';

export interface ControlPanelsProps extends Pick<ControlPanelProps, 'excluded' | 'selected' | 'onSelect'> {
  readonly chart: SpcChart;
  /** Numbered on the chart in this order. */
  readonly notes?: readonly Annotation[];
}

const NO_NOTES: readonly Annotation[] = [];

/** The panels that a chart has, one above the other. */
export function ControlPanels({ chart, notes = NO_NOTES, ...choice }: ControlPanelsProps): JSX.Element {
  const t = texts().charts;
  const { samples, phases } = chart;
  const shown = useMemo(
    () =>
      (['location', 'dispersion', 'within'] as const).map((panel) => ({
        panel,
        phases: (phases ?? []).map(({ from, to, ...of }) => ({ from, to, centre: of[panel]?.centre ?? null })),
      })),
    [phases],
  );
  const flags = useMemo(
    () => [
      ...(phases ?? []).slice(1).map(({ from }, n): Flag => ({ x: from - 0.5, kind: 'phase', text: t.phase(n + 2) })),
      ...notes.map(({ begins_at, ends_at }, n): Flag => {
        const x = placeOf(samples, begins_at);
        return { x, ...(ends_at === null ? {} : { to: placeOf(samples, ends_at) }), kind: 'note', text: String(n + 1) };
      }),
    ],
    [samples, phases, notes, t],
  );
  return (
    <>
      {shown.map((one) => {
        const data = chart[one.panel];
        return (
          data && (
            <ControlPanel
              key={one.panel}
              title={t.panels[one.panel]}
              data={data}
              samples={samples}
              phases={one.phases}
              flags={flags}
              {...choice}
            />
          )
        );
      })}
    </>
  );
}

/** Between the samples before and after a time, because samples are drawn one after another and not by time. */
function placeOf(samples: Samples, at: string): number {
  const ms = Date.parse(at);
  const next = samples.findIndex(({ first_at }) => Date.parse(first_at) >= ms);
  return (next === -1 ? samples.length : next) - 0.5;
}
