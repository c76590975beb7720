import { describe, expect, it } from '@jest/globals';
import { parseTime, type InspectionEvent, type TelemetrySample } from '@chip/contracts';
import { Publisher } from '../publisher.ts';
import { simulate, type SimulationOptions } from './simulate.ts';

const topics = { telemetry: 'telemetry', inspection: 'inspection' };
const HOUR_MS = 3_600_000;

/** Runs until `isEnough` of what was published, then stops. */
async function published(
  options: Partial<SimulationOptions>,
  isEnough: (events: number) => boolean,
  onSend: (topic: string) => void = () => undefined,
) {
  const inspections: InspectionEvent[] = [];
  const samples: TelemetrySample[] = [];
  const stop = new AbortController();
  const publisher = new Publisher(
    {
      sendAll: (topic, records) => {
        for (const { value } of records) {
          if (topic === topics.inspection) {
            inspections.push(JSON.parse(value) as InspectionEvent);
          } else {
            samples.push(...(JSON.parse(value) as TelemetrySample[]));
          }
        }
        onSend(topic);
        if (isEnough(inspections.length + samples.length)) {
          stop.abort();
        }
        return Promise.resolve();
      },
    },
    { budgetMs: 1000, signal: stop.signal },
  );
  const simulation = simulate(
    { seed: 's', samplesPerSecond: 0, inspectionsPerSecond: 0, arraySize: 10, once: false, topics, ...options },
    publisher,
    stop.signal,
  );
  await simulation.done;
  return { inspections, samples, simulation, publisher };
}

describe('simulation', () => {
  it('publishes a history that ends by now, as many events as its rates say', async () => {
    const now = Date.UTC(2026, 2, 14, 12);
    const run = { once: true, durationMs: HOUR_MS, samplesPerSecond: 2, inspectionsPerSecond: 0.5, clock: () => now };
    const { inspections, samples, publisher } = await published(run, () => false);
    expect(samples.length).toBe(7_200);
    expect(publisher.totals).toMatchObject({ samples: 7_200, inspections: inspections.length });
    expect(inspections.length).toBeGreaterThan(1_700);
    const times = inspections.map((event) => parseTime(event.occurred_at) / 1000);
    expect(Math.min(...times)).toBe(now - HOUR_MS);
    expect(Math.max(...times)).toBeLessThanOrEqual(now);
  });

  it('publishes the chosen steps of the same fab only', async () => {
    const now = Date.UTC(2026, 2, 14, 12);
    const run = { once: true, durationMs: HOUR_MS, inspectionsPerSecond: 0.5, clock: () => now };
    const whole = await published(run, () => false);
    const part = await published({ ...run, steps: ['GATE-CD', 'M1-AOI'] }, () => false);
    expect(part.inspections.length).toBeGreaterThan(100);
    expect(part.inspections).toEqual(whole.inspections.filter(({ step }) => step === 'GATE-CD' || step === 'M1-AOI'));
  });

  it('catches up with a short stall and stops the fab in a long one', async () => {
    const stallMs = async (
      length: number,
    ): Promise<{ inspections: number; samples: number; newestAgeMs: number; elapsedS: number }> => {
      let shiftMs = 0;
      // The run goes on for as long after the stall, however late the first events of a busy machine come, and until the
      // fab has gone on. What it sends first may be from before the stall.
      let stalledAt = Infinity;
      let sendsOfFab = 0;
      const run = { samplesPerSecond: 20, inspectionsPerSecond: 10, clock: () => Date.now() + shiftMs };
      const beganAt = Date.now();
      const { inspections, samples } = await published(
        run,
        () => Date.now() - stalledAt > 800 && sendsOfFab > 1,
        (topic) => {
          sendsOfFab += topic === topics.inspection && stalledAt < Infinity ? 1 : 0;
          shiftMs = length;
          stalledAt = Math.min(stalledAt, Date.now());
        },
      );
      const newestMs = Math.max(...inspections.map((event) => parseTime(event.occurred_at) / 1000));
      return {
        inspections: inspections.length,
        samples: samples.length,
        newestAgeMs: Date.now() + shiftMs - newestMs,
        // On a busy machine the run takes longer, and more is due.
        elapsedS: (Date.now() - beganAt) / 1000,
      };
    };
    const short = await stallMs(60_000);
    expect(short.inspections).toBeGreaterThanOrEqual(600);
    expect(short.samples).toBeGreaterThanOrEqual(1_200);
    const long = await stallMs(8 * HOUR_MS);
    expect(long.inspections).toBeLessThan(10 * long.elapsedS + 100);
    expect(long.newestAgeMs).toBeLessThan(1000 * long.elapsedS + 10_000);
    expect(long.samples).toBeLessThanOrEqual(20 * (300 + long.elapsedS) + 100);
    expect(long.samples).toBeGreaterThanOrEqual(20 * 300);
  });

  it('counts the last acknowledgement of one kind of events although the other has stopped before', async () => {
    const stop = new AbortController();
    let published = 0;
    const publisher = new Publisher(
      {
        sendAll: async (topic, records) => {
          if (topic === topics.inspection) {
            return;
          }
          published += records.flatMap(({ value }) => JSON.parse(value) as TelemetrySample[]).length;
          stop.abort();
          await new Promise((resolve) => setTimeout(resolve, 50));
        },
      },
      { budgetMs: 1000, signal: stop.signal },
    );
    const options = { seed: 's', samplesPerSecond: 100, inspectionsPerSecond: 100, arraySize: 10, once: false, topics };
    await simulate(options, publisher, stop.signal).done;
    expect(published).toBeGreaterThan(0);
    expect(publisher.totals.samples).toBe(published);
  });

  it('reports how long events have waited while Kafka is away', async () => {
    const stop = new AbortController();
    const publisher = new Publisher(
      { sendAll: () => new Promise(() => undefined) },
      { budgetMs: 1000, signal: stop.signal },
    );
    let now = Date.now();
    const simulation = simulate(
      {
        seed: 's',
        samplesPerSecond: 0,
        inspectionsPerSecond: 100,
        arraySize: 1,
        once: false,
        topics,
        clock: () => now,
      },
      publisher,
      stop.signal,
    );
    now += 45_000;
    expect(simulation.lagMs).toBeGreaterThanOrEqual(45_000);
    stop.abort();
    await simulation.done;
    expect(publisher.totals.inspections).toBe(0);
  });
});
