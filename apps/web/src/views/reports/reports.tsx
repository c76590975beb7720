/** Reports: numbers of one moment that nothing changes afterwards, to print and to sign. */
import { type JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { type Problem, problemOf, question, store } from '../../api/ask.ts';
import { useDraft } from '../../api/draft.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Combobox } from '../../filters/combobox.tsx';
import '../../filters/filters.css';
import { useProducts, useSteps } from '../../filters/names.ts';
import { Time } from '../../format/time.tsx';
import { addressOf, useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';

const PAGE_SIZE = 50;

export function Reports(): JSX.Element {
  const { query, withParameters } = useAddress();
  const { cursor } = query;
  const answer = useAnswer(question('/v1/reports', { query: { cursor, limit: PAGE_SIZE } }), 10);
  const t = texts();
  return (
    <>
      <Title>{t.reports.title}</Title>
      <NewReport />
      <Panel
        title={t.reports.stored}
        answer={answer}
        isEmpty={({ items }) => items.length === 0}
        empty={t.reports.none}
        sheet={({ items }) => ({
          name: 'reports',
          columns: ['id', 'name', 'created_by', 'created_at', 'sha256'],
          rows: items.map((one) => [one.id, one.name, one.created_by, one.created_at, one.sha256]),
        })}
      >
        {({ items, next_cursor }) => (
          <>
            <Table
              caption={t.reports.stored}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: t.reports.name,
                  isHead: true,
                  cell: ({ id, name }) => <a href={addressOf('/reports/{id}', { id })}>{name}</a>,
                },
                { title: t.reports.by, cell: ({ created_by }) => created_by },
                { title: t.columns.time, cell: ({ created_at }) => <Time at={created_at} /> },
                { title: 'SHA-256', cell: ({ sha256 }) => <code>{sha256.slice(0, 16)}…</code> },
              ]}
            />
            <p class="pages">
              {cursor !== undefined && <a href={withParameters({ cursor: undefined })}>{t.reports.newest}</a>}
              {next_cursor !== null && <a href={withParameters({ cursor: next_cursor })}>{t.reports.older}</a>}
            </p>
          </>
        )}
      </Panel>
    </>
  );
}

interface Draft {
  readonly name: string;
  readonly reason: string;
  readonly lot_id: string;
  readonly product: string;
  readonly step: string;
}

function NewReport(): JSX.Element {
  const { query } = useAddress();
  const { route } = useLocation();
  const [draft, setDraft] = useDraft<Draft>('report', {
    name: '',
    reason: '',
    lot_id: query['lot_id'] ?? '',
    product: query['product'] ?? '',
    step: query['step'] ?? '',
  });
  const [problem, setProblem] = useState<Problem>();
  const [isStoring, setStoring] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const t = texts();
  const products = useProducts();
  const steps = useSteps();
  const submit = async (): Promise<void> => {
    setStoring(true);
    setProblem(undefined);
    try {
      const { name, reason, ...filters } = draft;
      const chosen = Object.fromEntries(Object.entries(filters).filter(([, text]) => text.trim() !== ''));
      const { id } = await store('/v1/reports', { name, reason, policy: 'last', charts: [], ...chosen });
      // Leaves alone a person who has opened another view.
      if (form.current) {
        route(addressOf('/reports/{id}', { id }));
      }
    } catch (error) {
      setProblem(problemOf(error));
      setStoring(false);
    }
  };
  const change = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  return (
    <form
      ref={form}
      class="filters"
      aria-label={t.reports.create}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {(['name', 'reason', 'lot_id'] as const).map((field) => (
        <label key={field} class="select">
          <span>{field === 'lot_id' ? t.columns.lot : t.reports[field]}</span>
          <input
            name={field}
            required={field !== 'lot_id'}
            maxLength={200}
            value={draft[field]}
            onInput={({ currentTarget }) => change({ [field]: currentTarget.value })}
          />
        </label>
      ))}
      <Combobox
        label={t.columns.product}
        value={draft.product}
        options={products}
        onChange={(product) => change({ product })}
      />
      <Combobox label={t.columns.step} value={draft.step} options={steps} onChange={(step) => change({ step })} />
      <button type="submit" class="primary" disabled={isStoring}>
        {isStoring ? t.reports.storing : t.reports.create}
      </button>
      {problem && (
        <p class="bad" role="alert" lang="en">
          {problem.status === 403 ? t.states.forbidden : t.states.failed}: {problem.detail}
        </p>
      )}
    </form>
  );
}
