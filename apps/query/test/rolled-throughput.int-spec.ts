/** Rolled throughput of random histories, against its definition computed from the attempts. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openStage, type Stage } from './query-app.ts';
import { seedAttempts, type SeedAttempt } from './seed.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.end());

const at = (minute: number): string => new Date(Date.UTC(2026, 4, 1, 0, minute)).toISOString();

const attempt = fc.record({
  chip: fc.integer({ min: 0, max: 4 }),
  lot: fc.integer({ min: 0, max: 1 }),
  inspection_type: fc.constantFrom('visual', 'electrical'),
  step: fc.constantFrom('', 'probe'),
  result: fc.constantFrom('pass', 'pass', 'fail'),
  status: fc.constantFrom('completed', 'completed', 'completed', 'voided', 'failed'),
  occurred: fc.integer({ min: 0, max: 20 }),
  completed: fc.integer({ min: 0, max: 4000 }),
  /** A machine that does not know the product names none. */
  knows: fc.boolean(),
});

type Stored = Required<Pick<SeedAttempt, 'lot_id' | 'chip_id' | 'inspection_type' | 'step' | 'event_id'>> & SeedAttempt;

/** The product of the units of a lot with this name. */
const productOf = (chip: number): string => (chip % 2 === 0 ? 'P1' : 'P2');

interface Question {
  readonly product?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Units, those that pass everywhere, and the product of first-pass yields, of the units of each group. */
function expected(history: readonly Stored[], { product, from, to }: Question, groupBy: (of: Named) => string) {
  const completed = history.filter(({ status }) => status === 'completed');
  const first = [
    ...Map.groupBy(completed, (a) => JSON.stringify([a.lot_id, a.chip_id, a.inspection_type, a.step])).values(),
  ].map((of) => of.reduce((a, b) => (placeOf(b) < placeOf(a) ? b : a)));
  const counted = first.filter(
    (a) =>
      (from === undefined || a.completed_at! >= from) &&
      (to === undefined || a.completed_at! < to) &&
      (product === undefined || a.product === undefined || a.product === product),
  );
  const named = [...Map.groupBy(counted, (a) => JSON.stringify([a.lot_id, a.chip_id])).values()]
    .flatMap((of) => of.map((a): Named => ({ ...a, ofUnit: of.find((b) => b.product)?.product ?? null })))
    .filter(({ ofUnit }) => product === undefined || ofUnit !== null);
  return [...Map.groupBy(named, groupBy)].map(([key, of]) => {
    const units = [...Map.groupBy(of, (a) => JSON.stringify([a.lot_id, a.chip_id])).values()];
    const operations = Map.groupBy(of, (a) => JSON.stringify([a.inspection_type, a.step]));
    const routes = [...Map.groupBy(of, ({ ofUnit }) => ofUnit).values()].map((own) =>
      [...new Set(own.map((a) => JSON.stringify([a.inspection_type, a.step])))].sort().join(),
    );
    const yields = [...operations.values()].map(passing);
    return {
      key,
      units: units.length,
      passed: units.filter((own) => passing(own) === 1).length,
      yield: new Set(routes).size === 1 ? (expect.closeTo(yields.reduce((all, one) => all * one)) as unknown) : null,
    };
  });
}
type Named = Stored & { readonly ofUnit: string | null };
const placeOf = ({ occurred_at, attempt = 0, event_id }: Stored): string =>
  `${occurred_at} ${String(attempt).padStart(4, '0')} ${event_id}`;
const passing = (of: readonly Stored[]): number => of.filter(({ result }) => result === 'pass').length / of.length;

interface Figures {
  key: string | null;
  units: number;
  passed: number;
  yield: number | null;
}

it('is the product over the operations of each unit, whichever of its machines name its product', async () => {
  const histories = fc.sample(fc.array(attempt, { minLength: 5, maxLength: 40 }), { numRuns: 12, seed: 20_261_129 });
  const seen = { groups: 0, unnamed: 0 };
  for (const [n, attempts] of histories.entries()) {
    const history = attempts.map(({ chip, lot, occurred, completed, knows, result, ...rest }, i): Stored => ({
      ...rest,
      lot_id: `R${n}-${lot}`,
      chip_id: `${chip}`,
      attempt: i + 1,
      event_id: randomUUID(),
      occurred_at: at(occurred),
      completed_at: at(completed),
      ...(rest.status === 'completed' && { result: result as 'pass' | 'fail' }),
      ...(knows && { product: productOf(chip) }),
    }));
    await seedAttempts(stage.db.database, history);
    for (const question of [{}, { product: 'P1' }, { from: at(1000) }, { product: 'P2', to: at(3000) }]) {
      const filters = new URLSearchParams({ kind: 'rolled_throughput', ...question });
      const get = async (groupBy: string): Promise<Figures[]> => {
        const path = `/v1/yield?${filters}&lot_id=R${n}-0&lot_id=R${n}-1&group_by=${groupBy}`;
        const { status, body } = await stage.app.get<{ groups: Figures[]; totals: Omit<Figures, 'key'> }>(path);
        expect([path, status]).toEqual([path, 200]);
        return [...body.groups, { ...body.totals, key: 'all' }].map((of) => ({
          key: of.key,
          units: of.units,
          passed: of.passed,
          yield: of.yield,
        }));
      };
      const sorted = (of: readonly object[]): object[] =>
        of.toSorted((a, b) => ((a as Figures).key! < (b as Figures).key! ? -1 : 1));
      const [all = { key: 'all', units: 0, passed: 0, yield: null }] = expected(history, question, () => 'all');
      const byProduct = expected(history, question, ({ ofUnit }) => ofUnit ?? 'none');
      const groups = await get('product');
      expect(sorted(groups.map((of) => ({ ...of, key: of.key ?? 'none' })))).toEqual(sorted([...byProduct, all]));
      const byLot = expected(history, question, ({ lot_id }) => lot_id);
      expect(sorted(await get('lot'))).toEqual(sorted([...byLot, all]));
      seen.groups += byProduct.length;
      seen.unnamed += byProduct.filter(({ key }) => key === 'none').length;
    }
  }
  // Otherwise the questions would be too easy.
  expect(seen.groups).toBeGreaterThan(60);
  expect(seen.unnamed).toBeGreaterThan(0);
});
