import { type JSX } from 'preact';
import { type Defect } from '../../api/answers.ts';
import { measured } from '../../format/numbers.ts';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';

const SIZE = 240;
const MARGIN = 16;

/** The defects of one die where its machine saw them, and as a list. */
export function Defects({ defects }: { defects: readonly Defect[] }): JSX.Element {
  const t = texts();
  // The size of the die is not known here: from its corner to the farthest defect.
  const extent = Math.max(1, ...defects.map(({ x_um, y_um }) => Math.max(Math.abs(x_um), Math.abs(y_um))));
  const scaled = (um: number): number => MARGIN + ((SIZE - 2 * MARGIN) * Math.abs(um)) / extent;
  return (
    <div class="defects">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={t.chip.defectMap} class="defect-map">
        <rect x="1" y="1" width={SIZE - 2} height={SIZE - 2} />
        {defects.map((defect) => (
          <circle
            key={`${defect.event_id} ${defect.defect_no}`}
            cx={scaled(defect.x_um)}
            cy={SIZE - scaled(defect.y_um)}
            r="5"
          >
            <title>{t.chip.place(defect.class, measured(defect.x_um), measured(defect.y_um))}</title>
          </circle>
        ))}
      </svg>
      <Table
        caption={t.chip.defects}
        rows={defects}
        keyOf={({ event_id, defect_no }) => `${event_id} ${defect_no}`}
        columns={[
          { title: t.columns.defect, isHead: true, cell: (row) => row.class },
          {
            title: t.columns.place,
            isNumber: true,
            cell: ({ x_um, y_um }) => `${measured(x_um)}; ${measured(y_um)}`,
          },
          { title: t.columns.size, isNumber: true, cell: ({ size_um }) => measured(size_um) },
          { title: t.columns.severity, cell: ({ severity }) => severity ?? '–' },
        ]}
      />
    </div>
  );
}
