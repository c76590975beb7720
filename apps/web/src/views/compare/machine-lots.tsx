import { type JSX } from 'preact';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { percent, whole } from '../../format/numbers.ts';
import { addressOf } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { type RangeName } from '../../shared/range.tsx';
import { Table } from '../../shared/table.tsx';
import { texts } from '../../texts/texts.ts';

const EVERY_S = 15;

export interface MachineLotsProps {
  readonly machine: string;
  readonly policy: 'first' | 'last' | 'all';
  readonly range: RangeName;
  readonly from: string | undefined;
  readonly product: string[] | undefined;
  readonly step: string[] | undefined;
}

/** The lots behind one row of the comparison, and where else to look at the machine. */
export function MachineLots({ machine, policy, range, from, product, step }: MachineLotsProps): JSX.Element {
  const t = texts();
  const kind = policy === 'first' ? 'first_pass' : policy === 'all' ? 'insertion' : 'final';
  // Other views open with the same selection.
  const same = { equipment: machine, product, step, range };
  const answer = useAnswer(
    question('/v1/yield', {
      query: {
        group_by: 'lot',
        kind,
        equipment_id: [machine],
        product,
        step,
        from,
      },
    }),
    EVERY_S,
  );
  const title = t.compare.lotsOf(machine);
  return (
    <Panel
      title={title}
      answer={answer}
      units={({ totals }) => totals.units}
      isEmpty={({ groups }) => groups.length === 0}
      controls={
        <>
          <a href={addressOf('/yield', {}, { ...same, kind })}>{t.compare.whatFails}</a>
          <a href={addressOf('/charts', {}, same)}>{t.charts.title}</a>
        </>
      }
      sheet={({ groups }) => ({
        name: `lots-of-${machine}`,
        columns: ['lot', 'site', 'units', 'failed', 'yield'],
        rows: groups.map((one) => [one.key, one.site, one.units, one.failed, one.yield]),
      })}
    >
      {({ groups }) => (
        <Table
          isBounded
          caption={title}
          rows={groups}
          keyOf={({ key, site }) => `${site}/${key}`}
          columns={[
            {
              title: t.columns.lot,
              isHead: true,
              cell: ({ key, site }) =>
                key === null ? '–' : <a href={addressOf('/lots/{lot}', { lot: key }, { site })}>{key}</a>,
            },
            { title: t.columns.units, isNumber: true, cell: ({ units }) => whole(units) },
            { title: t.columns.failed, isNumber: true, cell: ({ failed }) => whole(failed) },
            { title: t.columns.yield, isNumber: true, cell: (group) => percent(group.yield) },
          ]}
        />
      )}
    </Panel>
  );
}
