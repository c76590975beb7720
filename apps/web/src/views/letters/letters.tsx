/** Dead letters: their causes, one letter beside its schema, a patch tried on them, and their replay. */
import { type JSX } from 'preact';
import { type DeadLetterGroups } from '@chip/client';
import { question } from '../../api/ask.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { whole } from '../../format/numbers.ts';
import { Time } from '../../format/time.tsx';
import { useAddress } from '../../shared/location.ts';
import { Panel } from '../../shared/panel.tsx';
import { Table } from '../../shared/table.tsx';
import { Title } from '../../shared/title.tsx';
import { texts } from '../../texts/texts.ts';
import { type Cause, causeOf, causesOf, placeOf } from './cause.ts';
import './letters.css';
import { Replays } from './replays.tsx';
import { Workbench } from './workbench.tsx';

const GROUPS_S = 3;

export function Letters(): JSX.Element {
  const { query } = useAddress();
  const answer = useAnswer(question('/v1/dead-letters/groups'), GROUPS_S);
  const chosen = causeOf(query);
  const t = texts().letters;
  return (
    <>
      <Title>{t.title}</Title>
      <Panel title={t.causes} answer={answer} isEmpty={({ groups }) => groups.length === 0} empty={t.none}>
        {(data) => <Causes data={data} chosen={chosen} />}
      </Panel>
      {chosen && (
        <Workbench
          key={chosen.name}
          cause={chosen}
          machines={(answer.data?.groups ?? []).filter((group) => chosen.has(group)).map(({ machine }) => machine)}
        />
      )}
      <Replays />
    </>
  );
}

function Causes({ data, chosen }: { data: DeadLetterGroups; chosen: Cause | undefined }): JSX.Element {
  const { withParameters } = useAddress();
  const t = texts().letters;
  return (
    <>
      {!data.is_indexing && <p class="warn">{t.still}</p>}
      {data.group_count > data.groups.length && (
        <p class="warn">{t.most(whole(data.groups.length), whole(data.group_count))}</p>
      )}
      <Table
        caption={t.causes}
        rows={causesOf(data.groups)}
        keyOf={({ name }) => name}
        classOf={({ name }) => (name === chosen?.name ? 'selected' : '')}
        columns={[
          {
            title: t.cause,
            isHead: true,
            cell: ({ name, topic, code, stage, field }) => (
              <a
                href={withParameters({ topic, code, stage, field, machine: undefined, letter: undefined })}
                aria-current={name === chosen?.name ? 'true' : undefined}
              >
                {code === '' ? t.why.no_letter : code}
              </a>
            ),
          },
          { title: t.place, cell: ({ field }) => <code>{placeOf(field)}</code> },
          { title: t.open, isNumber: true, cell: ({ letters, replayed }) => whole(letters - replayed) },
          { title: t.all, isNumber: true, cell: ({ letters }) => whole(letters) },
          { title: t.machines, isNumber: true, cell: ({ machines }) => whole(machines) },
          { title: t.last, cell: ({ last_failed_at }) => <Time at={last_failed_at} /> },
          { title: texts().columns.topic, cell: ({ topic }) => topic },
        ]}
      />
    </>
  );
}
