import { setTimeout as sleep } from 'node:timers/promises';
import { EquipmentTelemetry } from './equipment-telemetry.ts';
import { inspections, MOST_EVENTS_PER_LOT } from './fab.ts';
import type { Publisher } from './publisher.ts';
import { inspectionRecord, telemetryRecords, type MachineRecord } from './records.ts';

export interface SimulationOptions {
  readonly seed: string;
  /** Telemetry samples per second; 0 for none. */
  readonly samplesPerSecond: number;
  /** Inspection events per second; 0 for none. */
  readonly inspectionsPerSecond: number;
  /** Ends when this many lots have passed their last step. */
  readonly lots?: number;
  /** Ends after this time. */
  readonly durationMs?: number;
  /** Samples per telemetry record; 1 sends single objects. */
  readonly arraySize: number;
  /** Does not follow the clock: publishes a history that ends by now, as fast as the brokers take it. */
  readonly once: boolean;
  readonly topics: { readonly telemetry: string; readonly inspection: string };
}

export interface Simulation {
  readonly finishedLots: number;
  /** How far the published events are behind the clock, in ms; 0 for a history. */
  readonly lagMs: number;
  /** Resolves at the end of the run; rejects with the publisher's error. */
  readonly done: Promise<void>;
}

/** How long due events gather before they are sent together. */
const TICK_MS = 200;
/** Events computed at one time: bounds memory and the pause of the event loop while a backlog is worked off. */
const MAX_SAMPLES_PER_SEND = 5_000;
const MAX_INSPECTIONS_PER_SEND = 500;

/**
 * Runs the fab: events become due by the clock and are published then. After a stall of the brokers the fab goes on where
 * it stopped and catches up, like machines that buffered.
 *
 * @param signal ends the run early; `done` then resolves as well.
 */
export function simulate(options: SimulationOptions, publisher: Publisher, signal: AbortSignal): Simulation {
  const { seed, samplesPerSecond, inspectionsPerSecond, topics, once } = options;
  const lots = options.lots ?? (once && options.durationMs === undefined ? 1 : undefined);
  const historyMs =
    options.durationMs ?? ((lots ?? 1) * MOST_EVENTS_PER_LOT * 1000) / Math.max(inspectionsPerSecond, 1e-6);
  const startMs = once ? Date.now() - historyMs : Date.now();
  /** Nothing that is due later is published. */
  let endMs = startMs + (once ? historyMs : (options.durationMs ?? Infinity));
  const nowMs = (): number => (once ? endMs : Math.min(Date.now(), endMs));
  let finishedLots = 0;
  let publishedUntilMs = startMs;

  async function publishInspections(): Promise<void> {
    let due: MachineRecord[] = [];
    let dueMs = startMs;
    const send = async (): Promise<void> => {
      await publisher.publish(topics.inspection, due);
      due = [];
      publishedUntilMs = dueMs;
    };
    const fab = inspections({ seed, startMs, inspectionsPerSecond, ...(lots === undefined ? {} : { lots }) });
    for (const scheduled of fab) {
      if (scheduled.dueMs > endMs) return void (await send());
      while (scheduled.dueMs > nowMs()) {
        await send();
        await sleep(TICK_MS, undefined, { signal });
      }
      signal.throwIfAborted();
      due.push(inspectionRecord(scheduled.event));
      dueMs = scheduled.dueMs;
      finishedLots = scheduled.finishedLots;
      if (due.length >= MAX_INSPECTIONS_PER_SEND) await send();
    }
    await send();
    finishedLots = lots ?? finishedLots;
    endMs = Math.min(endMs, dueMs);
  }

  async function publishTelemetry(): Promise<void> {
    const telemetry = new EquipmentTelemetry({ seed, startMs, samplesPerSecond });
    for (let next = 0; next < telemetry.dueUntil(endMs);) {
      const due = telemetry.dueUntil(nowMs());
      const until = Math.min(due, next + MAX_SAMPLES_PER_SEND);
      if (until > next) {
        const samples = Array.from({ length: until - next }, (_, index) => telemetry.sample(next + index));
        await publisher.publish(topics.telemetry, telemetryRecords(samples, options.arraySize));
        next = until;
      }
      signal.throwIfAborted();
      if (until === due && !once) await sleep(TICK_MS, undefined, { signal });
    }
  }

  async function run(): Promise<void> {
    const lanes = [
      ...(inspectionsPerSecond > 0 ? [publishInspections] : []),
      ...(samplesPerSecond > 0 ? [publishTelemetry] : []),
    ];
    // A history knows its end only when its lots are made; live, both lanes follow the same clock.
    if (once) for (const lane of lanes) await lane();
    else await Promise.all(lanes.map((lane) => lane()));
  }

  const done = run().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    get finishedLots() {
      return finishedLots;
    },
    get lagMs() {
      return once || inspectionsPerSecond <= 0 ? 0 : Math.max(0, nowMs() - publishedUntilMs);
    },
    done,
  };
}
