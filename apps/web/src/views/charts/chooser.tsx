import { type JSX } from 'preact';
import { type ControlLimits } from '@chip/client';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Combobox } from '../../filters/combobox.tsx';
import { useEquipment, useMeasurements, useProducts, useSteps } from '../../filters/names.ts';
import '../../filters/filters.css';
import { Select } from '../../shared/choice.tsx';
import { useAddress } from '../../shared/location.ts';
import { texts } from '../../texts/texts.ts';
import {
  breaksOf,
  type ChartChoice,
  COUNT_CHARTS,
  isOfCounts,
  RULE_SETS,
  subgroupsOf,
  VALUE_CHARTS,
} from './request.ts';

/** What is charted, and how: everything goes into the address. */
export function Chooser({ choice }: { choice: ChartChoice }): JSX.Element {
  const address = useAddress();
  const t = texts();
  const { chart, subgroup } = choice;
  const steps = useSteps();
  const products = useProducts();
  const equipment = useEquipment();
  const measurements = useMeasurements(choice.step, choice.product);
  const stored = useAnswer(
    question('/v1/control-limits', {
      query: { chart, parameter: choice.parameter, step: choice.step, product: choice.product, limit: 20 },
    }),
    30,
  );
  // Another question has other samples: what was selected or excluded means nothing there.
  const change = (parameters: Readonly<Record<string, string | undefined>>): void =>
    address.change({ sample: undefined, exclude: undefined, from: undefined, ...parameters });
  const breaks = breaksOf(choice);
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Combobox
        label={t.columns.step}
        value={choice.step ?? ''}
        options={steps}
        onChange={(step) => change({ step: step || undefined, parameter: undefined, equipment: undefined })}
      />
      {!isOfCounts(chart) && (
        <Combobox
          label={t.columns.measurement}
          value={choice.parameter ?? ''}
          options={measurements}
          placeholder={choice.step === undefined ? t.charts.stepFirst : t.charts.typeName}
          onChange={(parameter) => change({ parameter: parameter || undefined })}
        />
      )}
      <Combobox
        label={t.columns.product}
        value={choice.product ?? ''}
        options={products}
        onChange={(product) => change({ product: product || undefined })}
      />
      <Combobox
        label={t.columns.machine}
        value={choice.equipment ?? ''}
        options={equipment}
        onChange={(name) => change({ equipment: name || undefined })}
      />
      <Select
        label={t.charts.chart}
        value={chart}
        options={[
          ...VALUE_CHARTS.map((value) => ({ value, label: t.charts.kinds[value], group: t.charts.ofValues })),
          ...COUNT_CHARTS.map((value) => ({ value, label: t.charts.kinds[value], group: t.charts.ofCounts })),
        ]}
        onChange={(value) => change({ chart: value, subgroup: undefined, break_at: undefined })}
      />
      <Select
        label={t.charts.subgroup}
        value={subgroup}
        options={subgroupsOf(chart).map((value) => ({ value, label: t.charts.subgroups[value as 'lot'] }))}
        onChange={(value) => change({ subgroup: value, break_at: undefined })}
      />
      <Select
        label={t.charts.rules}
        value={choice.rules}
        options={RULE_SETS.map((value) => ({ value, label: t.charts.ruleSets[value] }))}
        onChange={(rules) => address.change({ rules })}
      />
      <Select
        label={t.columns.limits}
        value={choice.limits ?? ''}
        options={[
          { value: '', label: t.charts.trial },
          { value: 'current', label: t.charts.current },
          ...(stored.data?.items ?? []).map((limits) => ({ value: limits.id, label: nameOf(limits) })),
          ...(isKnown(choice.limits, stored.data?.items)
            ? []
            : [{ value: choice.limits ?? '', label: choice.limits ?? '' }]),
        ]}
        onChange={(limits) => change({ limits: limits || undefined })}
      />
      {breaks.length > 0 && (
        <Select
          label={t.charts.breakAt}
          value={choice.breakAt ?? ''}
          options={[
            { value: '', label: t.charts.breaks.default },
            ...breaks.map((value) => ({ value, label: t.charts.breaks[value as 'none'] })),
          ]}
          onChange={(value) => change({ break_at: value || undefined })}
        />
      )}
    </form>
  );
}

const nameOf = ({ version, product, equipment_id, created_at }: ControlLimits): string =>
  [`v${version}`, product, equipment_id, created_at.slice(0, 10)].filter((part) => part !== null).join(' · ');

/** Limits of an address may be older than the listed ones. */
const isKnown = (id: string | undefined, listed: readonly ControlLimits[] | undefined): boolean =>
  id === undefined || id === 'current' || (listed ?? []).some((one) => one.id === id);
