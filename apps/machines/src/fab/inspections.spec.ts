import { describe, expect, it } from '@jest/globals';
import { inspectionEventSchema, parseTime, type InspectionEvent } from '@chip/contracts';
import fc from 'fast-check';
import { EQUIPMENT, PRODUCTS, RING } from './catalogue.ts';
import { inspections, MOST_EVENTS_PER_LOT, type FabOptions, type ScheduledInspection } from './inspections.ts';
import { waferMap } from './wafer-map.ts';

// Enough lots that every equipment, faulty ones included, has worked on several.
const LOTS = 12;
const START_MS = Date.UTC(2026, 2, 14, 9, 26);
const options = (seed: string, lots: number): FabOptions => ({
  seed,
  lots,
  startMs: START_MS,
  inspectionsPerSecond: 100,
});

function firstOf(count: number, fabOptions: FabOptions): ScheduledInspection[] {
  const taken: ScheduledInspection[] = [];
  for (const scheduled of inspections(fabOptions)) {
    if (taken.length === count) {
      break;
    }
    taken.push(scheduled);
  }
  return taken;
}

const eventsOf = (all: readonly ScheduledInspection[]): InspectionEvent[] => all.flatMap(({ event }) => event ?? []);
const refused = (events: readonly InspectionEvent[]): unknown[] =>
  events.flatMap((event) => inspectionEventSchema.safeParse(event).error?.issues ?? []);
/** Every fifth of many that are alike: checking one takes longer than making it. */
const someOf = (events: readonly InspectionEvent[]): InspectionEvent[] =>
  events.filter((event, index) => index % 5 === 0 || event.status !== 'completed');
const completedOf = (events: readonly InspectionEvent[], type: string): InspectionEvent[] =>
  events.filter((event) => event.inspection_type === type && event.status === 'completed');
const failShare = (events: readonly InspectionEvent[]): number =>
  events.filter((event) => event.result === 'fail').length / events.length;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const byChip = (events: readonly InspectionEvent[]): InspectionEvent[][] => [
  ...Map.groupBy(events, (event) => `${event.lot_id}/${event.chip_id}/${event.step}`).values(),
];

describe('synthetic fab', () => {
  const scheduled = [...inspections(options('fab spec', LOTS))];
  const events = eventsOf(scheduled);

  it('gives the same events for the same seed, and others for another seed or start', () => {
    const take = (seed: string, startMs = START_MS): string =>
      JSON.stringify(firstOf(2000, { ...options(seed, 3), startMs }));
    const one = take('a');
    expect(take('a')).toBe(one);
    expect(take('b')).not.toBe(one);
    const lotsOf = (text: string): Set<string> => new Set(text.match(/L\d{6}-\w{4}-\d{4}/g));
    const later = lotsOf(take('a', START_MS + 1000));
    expect([...lotsOf(one)].filter((lot) => later.has(lot))).toEqual([]);
  });

  it('yields only events that the contract accepts, for any seed', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0.1, max: 1e5, noNaN: true }), (seed, inspectionsPerSecond) => {
        const fab = { seed, startMs: START_MS, inspectionsPerSecond, lots: 1 };
        expect(refused(someOf(eventsOf(firstOf(1000, fab))))).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  it('yields only events that the contract accepts, over whole lots and every kind of event', () => {
    expect(refused(someOf(events))).toEqual([]);
    expect(new Set(events.map((event) => event.status))).toEqual(
      new Set(['in_progress', 'completed', 'failed', 'voided']),
    );
    expect(new Set(events.map((event) => event.inspection_type)).size).toBe(6);
    expect(new Set(events.map((event) => event.event_id)).size).toBe(events.length);
  });

  it('ends after the lots asked for, each of 25 wafers, and stays below the stated greatest size', () => {
    const lots = Map.groupBy(events, (event) => event.lot_id);
    expect(lots.size).toBe(LOTS);
    expect(scheduled.at(-1)?.finishedLots).toBe(LOTS);
    for (const lot of lots.values()) {
      expect(new Set(lot.map((event) => event.wafer_id)).size).toBe(25);
      expect(lot.length).toBeLessThanOrEqual(MOST_EVENTS_PER_LOT);
    }
  });

  it('follows its clock: an event occurs at its due time, a few are published later, none in the future', () => {
    const lagMs = scheduled.map(({ dueMs, event }) => dueMs - parseTime(event!.occurred_at) / 1000);
    expect(lagMs.filter((lag) => lag <= -1)).toEqual([]);
    const late = lagMs.filter((lag) => lag > 1).length;
    expect(late).toBeGreaterThan(0);
    expect(late / scheduled.length).toBeLessThan(0.01);
    const span = scheduled.at(-1)!.dueMs - START_MS;
    expect(span).toBeCloseTo((scheduled.length * 1000) / 100, -2);
  });

  it('tests dice again without numbering: fail, then mostly pass, on the same die', () => {
    const repeated = byChip(completedOf(events, 'electrical')).filter((attempts) => attempts.length > 1);
    expect(repeated.length).toBeGreaterThan(100);
    expect(repeated.flat().filter((event) => event.attempt !== undefined || event.run_id !== undefined)).toEqual([]);
    const inTime = repeated.map((attempts) =>
      attempts.sort((a, b) => parseTime(a.occurred_at) - parseTime(b.occurred_at)),
    );
    expect(inTime.every((attempts) => attempts[0]?.result === 'fail')).toBe(true);
    const passed = inTime.filter((attempts) => attempts.at(-1)?.result === 'pass').length;
    expect(passed / inTime.length).toBeGreaterThan(0.6);
    expect(passed).toBeLessThan(inTime.length);
  });

  it('bins every tested die: bin 1 passes, any other bin fails; limits and verdict agree', () => {
    const tested = ['electrical', 'thermal', 'functional'].flatMap((type) => completedOf(events, type));
    for (const bin of ['hard_bin', 'soft_bin'] as const) {
      expect(tested.filter((event) => (event[bin] === 1) !== (event.result === 'pass'))).toEqual([]);
    }
    const passing = tested.filter((event) => event.result === 'pass').flatMap((event) => event.measurements ?? []);
    expect(passing.length).toBeGreaterThan(0);
    const outside = passing.filter(
      ({ value, lower_limit, upper_limit }) =>
        !(value! >= (lower_limit ?? -Infinity) && value! <= (upper_limit ?? Infinity)),
    );
    expect(outside).toEqual([]);
  });

  it('has worse dice at the edge', () => {
    const tested = byChip(completedOf(events, 'electrical')).map((attempts) => attempts.at(-1)!);
    const extent = Map.groupBy(tested, (event) => event.product);
    const zone = { middle: [] as InspectionEvent[], edge: [] as InspectionEvent[] };
    for (const dice of extent.values()) {
      const centreX = Math.max(...dice.map((die) => die.die_x ?? 0)) / 2;
      const centreY = Math.max(...dice.map((die) => die.die_y ?? 0)) / 2;
      for (const die of dice) {
        const radius = Math.hypot(((die.die_x ?? 0) - centreX) / centreX, ((die.die_y ?? 0) - centreY) / centreY);
        (radius < 0.6 ? zone.middle : zone.edge).push(die);
      }
    }
    expect(failShare(zone.edge)).toBeGreaterThan(1.4 * failShare(zone.middle));
  });

  it('has one prober with a raised fail rate at first touch-down', () => {
    const faulty = EQUIPMENT.find((equipment) => equipment.fault === 'worn-probe-card')!.id;
    const first = completedOf(events, 'electrical');
    const [bad, good] = [true, false].map((isFaulty) =>
      first.filter((event) => (event.equipment_id === faulty) === isFaulty),
    );
    expect(failShare(bad!)).toBeGreaterThan(1.7 * failShare(good!));
    const otherProbers = Map.groupBy(good!, (event) => event.equipment_id);
    expect(otherProbers.size).toBe(3);
  });

  it('has few classes make most of the defects, and scratches from one AOI', () => {
    const scratching = EQUIPMENT.find((equipment) => equipment.fault === 'scratching-chuck')!.id;
    const share = (isFaulty: boolean, name: string): number => {
      const classes = completedOf(events, 'visual')
        .filter((event) => (event.equipment_id === scratching) === isFaulty)
        .flatMap((event) => event.defects ?? [])
        .map((defect) => defect.class);
      return classes.filter((defectClass) => defectClass === name).length / classes.length;
    };
    expect(share(false, 'particle') + share(false, 'residue')).toBeGreaterThan(0.55);
    expect(share(false, 'pit')).toBeLessThan(0.1);
    expect(share(true, 'scratch')).toBeGreaterThan(2.5 * share(false, 'scratch'));
  });

  it('leaves a ring or a scratch of failing dice on every wafer of a lot, and the other lots as they were', () => {
    const fab = { ...options('patterns', 3), patterns: ['ring', 'scratch'] as const };
    const lots = Map.groupBy(eventsOf([...inspections(fab)]), (event) => event.lot_id);
    const [ring, scratch, plain] = [...lots.keys()].sort();
    expect([ring, scratch, plain].map((name) => name!.split('-').slice(2).join('-'))).toEqual([
      '0001-RING',
      '0002-SCRATCH',
      '0003',
    ]);
    const unchanged = eventsOf([...inspections(options('patterns', 3))]).filter((event) => event.lot_id === plain);
    const verdicts = (all: readonly InspectionEvent[]): unknown[] =>
      all.map((event) => [event.chip_id, event.step, event.status, event.result, event.soft_bin]);
    expect(new Set(verdicts(lots.get(plain!)!).map(String))).toEqual(new Set(verdicts(unchanged).map(String)));
    const radiusOf = new Map(waferMap(PRODUCTS[0]).map(({ x, y, radius }) => [`${x},${y}`, radius]));
    const first = (lot: string): Map<string, InspectionEvent> =>
      new Map(
        byChip(completedOf(lots.get(lot)!, 'electrical')).map((attempts) => [attempts[0]!.chip_id, attempts.at(-1)!]),
      );
    const ofRing = [...first(ring!).values()];
    const [inRing, beside] = [true, false].map((isInside) =>
      ofRing.filter((event) => {
        const radius = radiusOf.get(`${event.die_x},${event.die_y}`)!;
        return radius < 0.8 && (radius >= RING.inner && radius < RING.outer) === isInside;
      }),
    );
    const byWafer = [...Map.groupBy(inRing!, (event) => event.wafer_id).values()];
    expect(byWafer).toHaveLength(25);
    expect(Math.min(...byWafer.map(failShare))).toBeGreaterThan(0.7);
    expect(failShare(beside!)).toBeLessThan(0.15);
    // The dice of a scratch are the same on all wafers, few, and in a line that crosses the wafer.
    const failing = Map.groupBy(
      [...first(scratch!).values()].filter((event) => event.result === 'fail'),
      (event) => `${event.die_x},${event.die_y}`,
    );
    const struck = [...failing.entries()].filter(([, events]) => events.length > 12).map(([place]) => place.split(','));
    expect(struck.length).toBeGreaterThan(5);
    expect(struck.length).toBeLessThan(25);
    const seen = completedOf(lots.get(scratch!)!, 'visual').filter((event) =>
      event.defects?.some((defect) => defect.class === 'scratch'),
    );
    expect(new Set(seen.map(({ wafer_id: wafer }) => wafer)).size).toBe(5);
  });

  it('has one CD-SEM whose mean moves from lot to lot', () => {
    /** Least-squares slope of the lot means, in nm per lot. */
    const slope = (equipmentId: string): number => {
      const runs = completedOf(events, 'dimensional').filter((event) => event.equipment_id === equipmentId);
      const points = [...Map.groupBy(runs, (event) => event.lot_id)].map(([lotId, lot]) => {
        const values = lot.flatMap((event) => event.measurements ?? []).filter((value) => value.name === 'gate_cd');
        return { x: Number(lotId.slice(-4)), y: mean(values.map(({ value }) => value ?? NaN)) };
      });
      const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
      const sum = (term: (point: { x: number; y: number }) => number): number => mean(points.map(term));
      return sum((point) => (point.x - x) * (point.y - y)) / sum((point) => (point.x - x) ** 2);
    };
    // 0.1 sigma of 0.35 nm with every lot.
    expect(slope('CDSEM-02')).toBeGreaterThan(0.02);
    expect(slope('CDSEM-02')).toBeLessThan(0.05);
    expect(Math.abs(slope('CDSEM-01'))).toBeLessThan(0.015);
  });
});
