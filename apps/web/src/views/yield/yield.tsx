/** Yield over time, what it differs by, and what fails. A click on a name narrows everything to it. */
import { type JSX } from 'preact';
import { FilterBar, useFilters } from '../../filters/filter-bar.tsx';
import { Select } from '../../shared/choice.tsx';
import { useAddress } from '../../shared/location.ts';
import { RangeChoice, useRange } from '../../shared/range.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { Breakdown } from './breakdown.tsx';
import { BinPareto, DefectPareto } from './pareto.tsx';
import { BUCKETS, KINDS, type YieldChoice } from './question.ts';
import { Trend } from './trend.tsx';

export function YieldView(): JSX.Element {
  const { query, change } = useAddress();
  const { from } = useRange('30d');
  const filters = useFilters();
  const t = texts().yield;
  const choice: YieldChoice = {
    ...filters,
    from,
    kind: KINDS.find((one) => one === query['kind']) ?? 'final',
  };
  const bucket = BUCKETS.find((one) => one === query['by']) ?? 'day';
  return (
    <>
      <Title controls={<RangeChoice unlessChosen="30d" />}>{t.title}</Title>
      <FilterBar>
        <Select
          label={t.kind}
          value={choice.kind}
          options={KINDS.map((value) => ({ value, label: t.kinds[value] }))}
          onChange={(kind) => change({ kind })}
        />
        <Select
          label={t.by}
          value={bucket}
          options={BUCKETS.map((value) => ({ value, label: t.buckets[value] }))}
          onChange={(by) => change({ by })}
        />
      </FilterBar>
      <Trend choice={choice} bucket={bucket} />
      <div class="columns">
        <Breakdown choice={choice} by="product" parameter="product" />
        <Breakdown choice={choice} by="step" parameter="step" />
        <Breakdown choice={choice} by="equipment" parameter="equipment" />
        <Breakdown choice={choice} by="recipe" />
        <BinPareto choice={choice} bin="hard" />
        <BinPareto choice={choice} bin="soft" />
        <DefectPareto choice={choice} />
      </div>
    </>
  );
}
