/** Paretos of attempts: over everything and per group, each cut to its most frequent bars. */
import { pareto } from '@chip/quality';
import { z } from 'zod';
import { count, fraction, groupNameSchema, paretoShares } from '../http/answers.ts';
import { integerParameter } from '../http/parameters.ts';
import { Problem } from '../http/problem.error.ts';
import { type AttemptGroup, groupName } from './attempt-groups.ts';

const MAX_TOP = 1000;
/** Most pairs of group and key that are read. */
export const MAX_BARS = 20_000;

export const topParameter = integerParameter(1, MAX_TOP).optional().meta({
  description: 'Only this many of the most frequent; the rest is summed up in `other`.',
  example: 10,
});

/** Schema of a Pareto with bars of the given shape. */
export const paretoShape = <Bar extends z.ZodRawShape>(bar: Bar, of: string) => {
  const bars = z.array(z.strictObject({ ...bar, count, ...paretoShares(of) }));
  const other = z
    .strictObject({ keys: count.meta({ description: 'How many bars are summed up.' }), count, share: fraction })
    .optional()
    .meta({ description: 'With top: what is left off; absent when nothing is.' });
  return {
    groups: bars,
    other,
    by_group: z
      .array(z.strictObject({ ...groupNameSchema, count, groups: bars, other }))
      .optional()
      .meta({ description: 'With group_by: the Pareto of each group; shares are of the group.' }),
  };
};

/** Count of one key in one group. */
export interface GroupedCount {
  readonly key: string | number | null;
  /** Distinguishes lots with equal names, where keys are lots. */
  readonly site?: string | null;
  readonly count: number;
  readonly group_key: string | null;
  readonly group_site: string | null;
  readonly group_lot_id: string | null;
}

/** @throws Problem 400 when there are too many bars to read */
export function requireFewBars(rows: readonly unknown[]): void {
  if (rows.length > MAX_BARS) {
    const message = `gives more than ${MAX_BARS} bars: narrow the range or the filters`;
    throw new Problem(400, 'invalid_parameter', `group_by ${message}`, [{ parameter: 'group_by', message }]);
  }
}

/**
 * @param barOf what to show of the rows of one key, with its count; rows of the other groups are counted there
 */
export function groupedPareto<Row extends GroupedCount, Bar extends { key: Row['key']; count: number }>(
  rows: readonly Row[],
  { group_by, top }: { readonly group_by?: AttemptGroup | undefined; readonly top?: number | undefined },
  barOf: (rows: readonly Row[], count: number) => Bar,
) {
  const cut = (of: readonly Row[]) => {
    const keys = Map.groupBy(of, ({ key, site }) => JSON.stringify([key, site]));
    const bars = pareto([...keys.values()].map((same) => barOf(same, sumOf(same))));
    const rest = top === undefined ? [] : bars.slice(top);
    return {
      groups: top === undefined ? bars : bars.slice(0, top),
      ...(rest.length > 0 && {
        other: { keys: rest.length, count: sumOf(rest), share: sumOf(rest) / sumOf(bars) },
      }),
    };
  };
  if (group_by === undefined) {
    return cut(rows);
  }
  const groups = Map.groupBy(rows, ({ group_key, group_site, group_lot_id }) =>
    JSON.stringify([group_key, group_site, group_lot_id]),
  );
  return {
    ...cut(rows),
    by_group: [...groups.values()].map((own) => {
      const [{ group_key, group_site, group_lot_id }] = own as [Row, ...Row[]];
      const name = groupName({ total: false, key: group_key, site: group_site, lot_id: group_lot_id }, group_by);
      return { ...name, count: sumOf(own), ...cut(own) };
    }),
  };
}

const sumOf = (rows: readonly { readonly count: number }[]): number => rows.reduce((sum, row) => sum + row.count, 0);
