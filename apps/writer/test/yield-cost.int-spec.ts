import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcceptedInspection, type Block } from '@chip/contracts';
import { LoadSession } from '@chip/persistence';
import { createTestDatabase, type TestDatabase } from '@chip/persistence/testing';
import { InspectionLoader } from '../src/loaders/inspection/inspection-loader.ts';
import { inspectionBlock, withIdentities } from './inspection-block.ts';

/** By hand, for the figures: YIELD_COST_FLUSHES=40 prints them. */
const FLUSHES = Number(process.env['YIELD_COST_FLUSHES'] ?? 6);
/** Rows of one flush, events and measurements, as the writer gathers them when there is a backlog. */
const FLUSH_ROWS = 20_000;
/** Every so many-th event is a retest of a unit that was loaded before. */
const RETEST_EVERY = 20;
/** A plan that reads a table whole costs many times the flush; what is measured is some per cent. */
const MAX_RATIO = 2;

const TRIGGERS = {
  inspections: ['yield_insert', 'yield_update'],
  inspection_attempts: ['yield_insert', 'yield_update', 'yield_retests_insert', 'yield_retests_update'],
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

describe('what the summaries of yield cost a flush of inspections', () => {
  let withYield: TestDatabase;
  let without: TestDatabase;
  beforeAll(async () => {
    withYield = await createTestDatabase();
    without = await createTestDatabase();
    for (const [table, names] of Object.entries(TRIGGERS)) {
      for (const name of names) {
        await without.database.query(`ALTER TABLE ${table} DISABLE TRIGGER ${name}`);
      }
    }
  });
  afterAll(async () => {
    await withYield.drop();
    await without.drop();
  });

  let chips = 0;
  let events = 0;
  const event = (measurements: number): AcceptedInspection => {
    const isRetest = ++events % RETEST_EVERY === 0;
    const n = isRetest ? chips - (events % 500) : ++chips;
    const lot_id = `LOT${Math.floor(n / 500)}`;
    const chip_id = `C${n}`;
    const fields = {
      event_id: `00000000-0000-4000-8000-${String(events).padStart(12, '0')}`,
      run_id: `R${events}`,
    };
    return withIdentities({
      site: '',
      lot_id,
      chip_id,
      inspection_type: 'electrical',
      status: 'completed',
      result: n % 15 === 0 ? 'fail' : 'pass',
      occurred_at: new Date(Date.UTC(2026, 0, 1) + events * 1000).toISOString(),
      equipment_id: `E${n % 5}`,
      product: `P${Math.floor(n / 2500)}`,
      content_hash: '00000000000000000000000000000001',
      measurements: Array.from({ length: measurements }, (_, i) => ({ name: `m${i}`, value: n % 1000 })),
      ...fields,
    });
  };
  const flush = async (session: LoadSession, block: Block): Promise<number> => {
    const startedAt = performance.now();
    await session.begin();
    const outcome = await new InspectionLoader([block]).load(session);
    await session.query('COMMIT');
    const ms = performance.now() - startedAt;
    expect(outcome).toMatchObject({ applied: block.index.length, duplicates: 0 });
    return ms;
  };

  // A flush of large events takes a tenth of the time, and other work on the machine disturbs a pair of them more.
  it.each([
    [10, FLUSHES],
    [444, 4 * FLUSHES],
  ])(
    'is a small part of it, with %i measurements each',
    async (measurements, flushes) => {
      const perFlush = Math.floor(FLUSH_ROWS / (1 + measurements));
      const sessions = {
        with: await LoadSession.open({ url: withYield.url, applicationName: 'chip-test' }),
        without: await LoadSession.open({ url: without.url, applicationName: 'chip-test' }),
      };
      const ms = { with: [] as number[], without: [] as number[] };
      for (let n = -2; n < flushes; n++) {
        const block = inspectionBlock(Array.from({ length: perFlush }, () => event(measurements)));
        // In turns, so that both meet the same machine; the first two only fill caches.
        for (const side of n % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)) {
          const took = await flush(sessions[side], block);
          if (n >= 0) {
            ms[side].push(took);
          }
        }
        if (n % 5 === 4) {
          await withYield.database.query('SELECT fold_yield()');
        }
      }
      await sessions.with.close();
      await sessions.without.close();
      // Of each pair: what slows the machine for a while slows both of it.
      const ratio = median(ms.with.map((took, n) => took / (ms.without[n] as number)));
      if (process.env['YIELD_COST_FLUSHES']) {
        process.stderr.write(
          `${measurements} measurements, ${perFlush} events: ${median(ms.with).toFixed(1)} ms with, ${median(ms.without).toFixed(1)} ms without, ratio ${ratio.toFixed(3)}\n`,
        );
      }
      expect(ratio).toBeLessThan(MAX_RATIO);
    },
    600_000,
  );

  it('and both sides hold the same rows, one of them with the summaries', async () => {
    const count = async (db: TestDatabase, from: string): Promise<number> =>
      ((await db.database.query<{ n: number }>(`SELECT count(*) AS n FROM ${from}`))[0] as { n: number }).n;
    for (const table of ['inspections', 'inspection_attempts', 'measurements']) {
      expect([table, await count(withYield, table)]).toEqual([table, await count(without, table)]);
    }
    expect(await withYield.database.query('SELECT sum(insertions) AS n FROM yield_daily')).toEqual([{ n: events }]);
    expect(await count(withYield, 'yield_retests')).toBeGreaterThan(0);
    expect(await count(without, 'yield_daily')).toBe(0);
  });
});
