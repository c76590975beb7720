import { type JSX } from 'preact';
import { type SpcChart } from '@chip/client';
import { Time } from '../../format/time.tsx';
import { addressOf, useAddress } from '../../shared/location.ts';
import { texts } from '../../texts/texts.ts';
import { type ChartChoice, naming } from './request.ts';

type SampleOfChart = SpcChart['samples'][number];

/** What people call a sample: its lot, wafer, day or chip, else its place in the chart. */
export const SampleName = ({ sample, index }: { sample: SampleOfChart | undefined; index: number }): JSX.Element => (
  <>{sample?.key ?? sample?.lot_id ?? `#${index}`}</>
);

/** The selected sample: where it comes from, and whether the limits count it. */
export function Sample({
  chart,
  index,
  choice,
}: {
  chart: SpcChart;
  index: number;
  choice: ChartChoice;
}): JSX.Element | null {
  const { change } = useAddress();
  const t = texts();
  const sample = chart.samples[index];
  if (sample === undefined) {
    return null;
  }
  const { lot_id: lot, site } = sample;
  const begin = new Date(sample.first_at).toISOString();
  const others = choice.phases.filter((time) => time !== begin);
  const isStart = others.length < choice.phases.length;
  const isExcluded = choice.exclude.includes(index);
  const toggled = isExcluded ? choice.exclude.filter((one) => one !== index) : [...choice.exclude, index];
  return (
    <p class="controls">
      <strong>
        <SampleName sample={sample} index={index} />
      </strong>
      <span>n = {sample.size}</span>
      <Time at={sample.first_at} />
      {lot !== null && (
        <a href={addressOf('/lots/{lot}', { lot }, { site, step: choice.step })}>
          {t.columns.lot} {lot}
        </a>
      )}
      {choice.limits === undefined && (
        <button type="button" class="small" onClick={() => change(naming(choice, index, toggled))}>
          {isExcluded ? t.charts.include : t.charts.exclude}
        </button>
      )}
      {choice.limits === undefined && index > 0 && (
        <button
          type="button"
          class="small"
          onClick={() => change({ phases: (isStart ? others : [...others, begin].sort()).join(',') || undefined })}
        >
          {isStart ? t.charts.endPhase : t.charts.beginPhase}
        </button>
      )}
      <button type="button" class="small" onClick={() => change(naming(choice, undefined, choice.exclude))}>
        {t.settings.close}
      </button>
    </p>
  );
}
