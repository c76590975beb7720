/** Which machine fails more than the others that do the same work. */
import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { FilterBar, useFilters } from '../../filters/filter-bar.tsx';
import { percent, whole } from '../../format/numbers.ts';
import { Select } from '../../shared/choice.tsx';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { RangeChoice, useRange } from '../../shared/range.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { ComparisonTable } from './comparison-table.tsx';
import { MachineLots } from './machine-lots.tsx';

const POLICIES = ['first', 'last', 'all'] as const;
const SAMPLES = ['lot', 'wafer'] as const;
/** The comparison reads every unit of the range. */
const EVERY_S = 15;

export function Compare(): JSX.Element {
  const { query, change } = useAddress();
  const { range, from } = useRange('30d');
  const { product, step } = useFilters();
  const t = texts().compare;
  const policy = POLICIES.find((one) => one === query['policy']) ?? 'first';
  const sample = SAMPLES.find((one) => one === query['sample']) ?? 'lot';
  const answer = useAnswer(
    question('/v1/equipment/compare', { query: { product, step, from, policy, sample } }),
    EVERY_S,
  );
  const machine = query['equipment'];
  return (
    <>
      <Title controls={<RangeChoice unlessChosen="30d" />}>{t.title}</Title>
      <FilterBar hasMachine={false}>
        <Select
          label={t.policy}
          value={policy}
          options={POLICIES.map((value) => ({ value, label: t.policies[value] }))}
          onChange={(value) => change({ policy: value })}
        />
        <Select
          label={t.sample}
          value={sample}
          options={SAMPLES.map((value) => ({ value, label: t.samples[value] }))}
          onChange={(value) => change({ sample: value })}
        />
      </FilterBar>
      <Panel
        title={t.machines}
        answer={answer}
        units={({ totals }) => totals.units}
        isEmpty={({ groups }) => groups.length === 0}
        empty={t.none}
        controls={
          answer.data && (
            <span class="figure">
              {t.overall} <strong>{percent(answer.data.totals.yield)}</strong>{' '}
              {texts().yield.ofUnits(whole(answer.data.totals.units))}
            </span>
          )
        }
        sheet={({ groups }) => ({
          name: 'machine-comparison',
          columns: [
            'equipment',
            'samples',
            'units',
            'failed',
            'yield',
            'yield_lower',
            'yield_upper',
            'odds_ratio',
            'p',
            'p_corrected',
            'q',
            'verdict',
          ],
          rows: groups.map((row) => [
            row.key,
            row.samples,
            row.units,
            row.failed,
            row.yield,
            row.yield_lower,
            row.yield_upper,
            row.odds_ratio,
            row.p,
            row.p_corrected,
            row.q,
            row.verdict,
          ]),
        })}
      >
        {(comparison) => <ComparisonTable comparison={comparison} selected={machine} />}
      </Panel>
      {machine && (
        <MachineLots machine={machine} policy={policy} range={range} from={from} product={product} step={step} />
      )}
    </>
  );
}
