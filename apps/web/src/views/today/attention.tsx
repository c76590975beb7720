import { type JSX } from 'preact';
import { type EquipmentComparison, type EquipmentPage, type Ledger, type Pipeline } from '@chip/client';
import { type Answer } from '../../api/use-answer.ts';
import { whole } from '../../format/numbers.ts';
import { Explain } from '../../shared/explain.tsx';
import { addressOf } from '../../shared/location.ts';
import { useRange } from '../../shared/range.tsx';
import { Loading, Outdated, Refused } from '../../shared/states.tsx';
import { texts } from '../../texts/texts.ts';

export interface AttentionProps {
  readonly pipeline: Answer<Pipeline>;
  readonly ledger: Answer<Ledger>;
  readonly machines: Answer<EquipmentPage>;
  readonly comparison: Answer<EquipmentComparison>;
}

interface Item {
  readonly text: string;
  readonly to: string;
  readonly isBad: boolean;
}

/** What needs a look now, the worst first. */
export function Attention({ pipeline, ledger, machines, comparison }: AttentionProps): JSX.Element {
  const { range } = useRange();
  const t = texts();
  const stopped = [...(pipeline.data?.partitions ?? []), ...(pipeline.data?.ingest ?? [])].filter(
    ({ state }) => state !== 'running',
  );
  const silent = (machines.data?.items ?? []).filter(({ is_silent }) => is_silent === true).map(({ name }) => name);
  const items: Item[] = [
    ...[...Map.groupBy(stopped, ({ state }) => state)].map(([state, partitions]) => ({
      text: `${t.today.stopped(partitions.length)}: ${state}`,
      to: addressOf('/runbooks/{state}', { state }),
      isBad: true,
    })),
    ...(ledger.data?.balanced === false ? [{ text: t.today.unbalanced, to: '/pipeline', isBad: true }] : []),
    ...(comparison.data?.groups ?? [])
      .filter(({ verdict }) => verdict === 'worse')
      .map(({ key }) => ({
        text: t.today.worse(key),
        to: addressOf('/compare', {}, { equipment: key, policy: 'last', range }),
        isBad: true,
      })),
    ...(machines.data && machines.data.next_cursor !== null
      ? [{ text: t.today.firstMachines(whole(machines.data.items.length)), to: '#machines', isBad: false }]
      : []),
    ...(silent.length > 0 ? [{ text: t.today.silent(silent), to: '#machines', isBad: false }] : []),
    ...(pipeline.data?.topics ?? [])
      .filter(({ dead_lettered }) => dead_lettered > 0)
      .map(({ topic, dead_lettered }) => ({
        text: t.today.deadLetters(whole(dead_lettered), topic),
        to: '/letters',
        isBad: false,
      })),
  ];
  const answers = [pipeline, ledger, machines, comparison];
  const refused = answers.filter(({ data, problem }) => data === undefined && problem !== undefined);
  const outdated = answers.find(({ data, problem }) => data !== undefined && problem !== undefined);
  const isLoading = answers.some(({ data, problem }) => data === undefined && problem === undefined);
  return (
    <section class="panel attention" aria-labelledby="attention">
      <header>
        <h2 id="attention">{t.today.attention}</h2>
        <Explain of={t.today.attention} answer={comparison} />
        {outdated && <Outdated problem={outdated.problem} />}
      </header>
      {items.length > 0 && (
        <ul>
          {items.map(({ text, to, isBad }) => (
            <li key={text} class={isBad ? 'bad' : 'warn'}>
              <a href={to}>{text}</a>
            </li>
          ))}
        </ul>
      )}
      {refused.map(({ url, problem, reload }) => problem && <Refused key={url} problem={problem} retry={reload} />)}
      {isLoading ? (
        <Loading />
      ) : (
        items.length === 0 && refused.length === 0 && !outdated && <p class="good">● {t.today.nothing}</p>
      )}
    </section>
  );
}
