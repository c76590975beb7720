import { type JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type Die } from '../../api/answers.ts';
import { whole } from '../../format/numbers.ts';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';
import { type DiceGrid } from '../../wafer/footprint.ts';
import { type Scale } from '../../wafer/scale.ts';

/** More rows help nobody, and a table of 100,000 is slow. */
const MOST_ROWS = 100;

export interface DiceListProps {
  readonly grid: DiceGrid;
  readonly scale: Scale;
  readonly shown: ReadonlySet<string>;
  readonly selected: number | undefined;
  readonly wordOf: (value: Die[2]) => string;
  readonly addressOf: (die: Die) => string;
  readonly onSelect: (index: number) => void;
}

/** The dice that the legend shows, failing ones first; the selected one on top. */
export function DiceList(props: DiceListProps): JSX.Element {
  const { grid, scale, shown, selected, wordOf, addressOf, onSelect } = props;
  const t = texts();
  const listed = useMemo(() => {
    const rank = ([, , value]: Die): number => {
      const entry = scale.entries[scale.indexOf(value) ?? -1];
      return entry === undefined || (shown.size > 0 && !shown.has(entry.key)) ? 0 : entry.isFailing ? 2 : 1;
    };
    const indexes = grid.dice.map((_, index) => index);
    const ofRank = (wanted: number): number[] => indexes.filter((index) => rank(grid.dice[index] as Die) === wanted);
    return [...ofRank(2), ...ofRank(1)];
  }, [grid, scale, shown]);
  const rows = [...new Set(selected === undefined ? listed : [selected, ...listed])].slice(0, MOST_ROWS);
  const isSelected = (index: number): boolean => index === selected;
  return (
    <section class="panel dice">
      <header>
        <h2>{t.wafer.dice}</h2>
        {rows.length < listed.length && <small>{t.wafer.mostRows(whole(rows.length), whole(listed.length))}</small>}
      </header>
      <Table
        caption={t.wafer.dice}
        rows={rows}
        keyOf={String}
        classOf={(index) => (isSelected(index) ? 'selected' : '')}
        columns={[
          {
            title: t.columns.die,
            isHead: true,
            cell: (index) => {
              const [x, y] = grid.dice[index] as Die;
              return (
                <button type="button" class="link" aria-pressed={isSelected(index)} onClick={() => onSelect(index)}>
                  {t.wafer.die(x, y)}
                </button>
              );
            },
          },
          { title: t.columns.value, cell: (index) => wordOf((grid.dice[index] as Die)[2]) },
          {
            title: t.wafer.open,
            cell: (index) => (
              <a href={addressOf(grid.dice[index] as Die)} aria-label={t.wafer.open}>
                →
              </a>
            ),
          },
        ]}
      />
    </section>
  );
}
