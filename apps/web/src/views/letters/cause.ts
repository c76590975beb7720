/** A cause of refusals: groups that differ in their machine only. */
import { type DeadLetterGroups } from '@chip/client';
import { texts } from '../../texts/texts.ts';

type Group = DeadLetterGroups['groups'][number];
type Named = Pick<Group, 'topic' | 'code' | 'stage' | 'field'>;

export interface Cause extends Named {
  /** Tells causes apart. */
  readonly name: string;
  readonly has: (group: Named) => boolean;
}

interface CountedCause extends Named {
  readonly name: string;
  readonly letters: number;
  readonly replayed: number;
  readonly machines: number;
  readonly last_failed_at: string;
}

const nameOf = ({ topic, code, stage, field }: Named): string => [topic, code, stage, field].join('\n');

/** The cause that the address names. */
export function causeOf({ topic, code, stage, field }: Readonly<Record<string, string>>): Cause | undefined {
  if (topic === undefined || code === undefined || stage === undefined || field === undefined) {
    return undefined;
  }
  const cause = { topic, code, stage, field };
  const name = nameOf(cause);
  return { ...cause, name, has: (group) => nameOf(group) === name };
}

/** Those with most open letters first. */
export function causesOf(groups: readonly Group[]): CountedCause[] {
  return [...Map.groupBy(groups, nameOf)]
    .map(([name, of]) => {
      const { topic, code, stage, field } = of[0]!;
      return {
        name,
        topic,
        code,
        stage,
        field,
        letters: of.reduce((sum, { letters }) => sum + letters, 0),
        replayed: of.reduce((sum, { replayed }) => sum + replayed, 0),
        machines: of.length,
        last_failed_at: of
          .map(({ last_failed_at }) => last_failed_at)
          .sort()
          .at(-1)!,
      };
    })
    .sort((a, b) => b.letters - b.replayed - (a.letters - a.replayed) || b.letters - a.letters);
}

export const placeOf = (field: string): string => (field === '' ? texts().letters.noPlace : field);
