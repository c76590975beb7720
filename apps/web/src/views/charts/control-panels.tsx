import { type JSX } from 'preact';
import { type SpcChart } from '@chip/client';
import { texts } from '../../texts/texts.ts';
import { ControlPanel, type ControlPanelProps } from './control-panel.tsx';

export interface ControlPanelsProps extends Pick<ControlPanelProps, 'excluded' | 'selected' | 'onSelect'> {
  readonly chart: SpcChart;
}

/** The panels that a chart has, one above the other. */
export function ControlPanels({ chart, ...choice }: ControlPanelsProps): JSX.Element {
  const t = texts().charts;
  return (
    <>
      {(['location', 'dispersion', 'within'] as const).map((panel) => {
        const data = chart[panel];
        return (
          data && <ControlPanel key={panel} title={t.panels[panel]} data={data} samples={chart.samples} {...choice} />
        );
      })}
    </>
  );
}
