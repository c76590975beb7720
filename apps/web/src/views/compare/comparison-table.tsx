import { type JSX } from 'preact';
import { type EquipmentComparison } from '@chip/client';
import { measured, percent, whole } from '../../format/numbers.ts';
import { useAddress } from '../../shared/location.ts';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { Interval } from './interval.tsx';

type Verdict = EquipmentComparison['groups'][number]['verdict'];

/** The worst first: what an engineer looks for. */
const ORDER: readonly Verdict[] = ['worse', 'inconclusive', 'no_difference', 'better'];
const LOOKS: Readonly<Record<Verdict, { readonly class: string; readonly sign: string }>> = {
  worse: { class: 'bad', sign: '▲' },
  better: { class: 'good', sign: '●' },
  no_difference: { class: '', sign: '=' },
  inconclusive: { class: 'quiet', sign: '?' },
};

export function ComparisonTable({
  comparison,
  selected,
}: {
  comparison: EquipmentComparison;
  selected: string | undefined;
}): JSX.Element {
  const { groups, totals } = comparison;
  const { withParameters } = useAddress();
  const t = texts();
  const scale = {
    least: Math.min(...groups.map(({ yield_lower }) => yield_lower)),
    most: Math.max(...groups.map(({ yield_upper }) => yield_upper)),
  };
  return (
    <>
      <Table
        caption={t.compare.machines}
        rows={[...groups].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || a.yield - b.yield)}
        keyOf={({ key }) => key}
        classOf={({ key, verdict }) =>
          `${verdict === 'worse' ? 'attention' : ''} ${key === selected ? 'selected' : ''}`
        }
        columns={[
          {
            title: t.columns.machine,
            isHead: true,
            cell: ({ key }) => <a href={withParameters({ equipment: key })}>{key}</a>,
          },
          {
            title: t.compare.verdict,
            cell: ({ verdict }) => (
              <span class={LOOKS[verdict].class}>
                {LOOKS[verdict].sign} {t.compare.verdicts[verdict]}
              </span>
            ),
          },
          { title: t.compare.samplesOf, isNumber: true, cell: ({ samples }) => whole(samples) },
          { title: t.columns.units, isNumber: true, cell: ({ units }) => whole(units) },
          { title: t.columns.yield, isNumber: true, cell: (row) => percent(row.yield) },
          {
            title: t.compare.interval,
            cell: (row) => <Interval {...scale} row={row} overall={totals.yield} />,
          },
          { title: t.compare.odds, isNumber: true, cell: ({ odds_ratio }) => measured(odds_ratio) },
          {
            title: t.compare.corrected,
            isNumber: true,
            cell: ({ p_corrected }) => measured(p_corrected),
          },
        ]}
      />
      <p class="hint">{t.compare.hint}</p>
    </>
  );
}
