/** Every lot, newest first. */
import { type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Time } from '../../format/time.tsx';
import { addressOf, useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';

const PAGE_SIZE = 50;

export function Lots(): JSX.Element {
  const { query, withParameters, change } = useAddress();
  const [wanted, setWanted] = useState(query['lot_id'] ?? '');
  const { lot_id, cursor } = query;
  // Back, or a link to another search, changes only the address.
  useEffect(() => setWanted(lot_id ?? ''), [lot_id]);
  const answer = useAnswer(question('/v1/lots', { query: { lot_id, cursor, limit: PAGE_SIZE } }), 5);
  const t = texts();
  return (
    <>
      <Title
        controls={
          <form
            class="find"
            role="search"
            onSubmit={(event) => {
              event.preventDefault();
              change({ lot_id: wanted.trim() || undefined, cursor: undefined });
            }}
          >
            <input
              type="search"
              aria-label={t.lots.search}
              placeholder={t.lots.search}
              value={wanted}
              onInput={({ currentTarget }) => setWanted(currentTarget.value)}
            />
            <button type="submit">{t.lots.find}</button>
          </form>
        }
      >
        {t.lots.title}
      </Title>
      <Panel
        title={t.lots.title}
        answer={answer}
        isEmpty={({ items }) => items.length === 0}
        empty={lot_id === undefined ? t.lots.none : t.lots.noneOfName(lot_id)}
        sheet={({ items }) => ({
          name: 'lots',
          columns: ['lot_id', 'site', 'created_at'],
          rows: items.map((lot) => [lot.lot_id, lot.site, lot.created_at]),
        })}
      >
        {({ items, next_cursor }) => (
          <>
            <Table
              caption={t.lots.title}
              rows={items}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: t.columns.lot,
                  isHead: true,
                  cell: ({ lot_id: lot, site }) => <a href={addressOf('/lots/{lot}', { lot }, { site })}>{lot}</a>,
                },
                { title: t.columns.site, cell: ({ site }) => site },
                { title: t.columns.created, cell: ({ created_at }) => <Time at={created_at} /> },
              ]}
            />
            <p class="pages">
              {cursor !== undefined && <a href={withParameters({ cursor: undefined })}>{t.lots.newest}</a>}
              {next_cursor !== null && <a href={withParameters({ cursor: next_cursor })}>{t.lots.older}</a>}
            </p>
          </>
        )}
      </Panel>
    </>
  );
}
