/** What the statements of a question really read, by their plans. */
import { type Queryable } from '@chip/persistence';

export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/**
 * Runs each statement twice: for every node of its plan, and for its rows and how long they take.
 *
 * @param isAnswered false for a statement whose rows nobody reads: it runs once, and returns none
 */
export const explained = (
  snapshot: Queryable,
  see: (nodes: readonly PlanNode[], ms: number) => void,
  isAnswered = true,
): Queryable => ({
  query: async (text, parameters) => {
    const [row] = await snapshot.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`,
      parameters,
    );
    const startedAt = performance.now();
    const rows = isAnswered ? await snapshot.query(text, parameters) : [];
    see(nodesOf(row!['QUERY PLAN'][0].Plan), performance.now() - startedAt);
    return rows as never;
  },
});
