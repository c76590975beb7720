import { setTimeout as sleep } from 'node:timers/promises';
import { EquipmentTelemetry } from './equipment-telemetry.ts';
import type { Pattern } from './catalogue.ts';
import { inspections, MOST_EVENTS_PER_LOT } from './inspections.ts';
import type { Publisher } from '../publisher.ts';
import { inspectionRecord, telemetryRecords, type MachineRecord } from '../records.ts';

export interface SimulationOptions {
  readonly seed: string;
  /** Telemetry samples per second; 0 for none. */
  readonly samplesPerSecond: number;
  /** Inspection events per second; 0 for none. */
  readonly inspectionsPerSecond: number;
  /** Ends once this many lots have passed their last step. */
  readonly lots?: number;
  /** Publishes inspections of these steps only, as if the fab had no machines that report the others. */
  readonly steps?: readonly string[];
  /** Patterns of failing dice of the first lots, one each. */
  readonly patterns?: readonly Pattern[];
  /** Ends after this time. */
  readonly durationMs?: number;
  /** Samples per telemetry record; 1 sends single objects. */
  readonly arraySize: number;
  /** Ignores the clock: publishes a history that ends now, as fast as the brokers accept it. */
  readonly once: boolean;
  /** The wall clock, ms since 1970. */
  readonly clock?: () => number;
  readonly topics: { readonly telemetry: string; readonly inspection: string };
}

export interface Simulation {
  readonly finishedLots: number;
  /** How long the oldest due inspection has waited for its acknowledgement, in ms; 0 for a history. */
  readonly lagMs: number;
  /** Resolves at the end of the run; rejects with the publisher's error. */
  readonly done: Promise<void>;
}

/** How long due events gather before they are sent together. */
const TICK_MS = 200;
/**
 * Machines buffer no more than this. After a longer stall (brokers down, a laptop asleep) the rest of the telemetry is
 * lost and the fab has stood still: no fab produces a backlog of hours.
 */
const MAX_BACKLOG_MS = 5 * 60_000;
/** Events computed at a time: bounds memory and the pause of the event loop while a backlog is worked off. */
const MAX_SAMPLES_PER_SEND = 5_000;
const MAX_INSPECTIONS_PER_SEND = 500;

/** How long before now a history begins, in ms; Infinity without inspections and without a duration. */
export const lengthOfHistory = ({
  lots = 1,
  durationMs,
  inspectionsPerSecond,
}: Pick<SimulationOptions, 'lots' | 'durationMs' | 'inspectionsPerSecond'>): number =>
  durationMs ?? (lots * MOST_EVENTS_PER_LOT * 1000) / inspectionsPerSecond;

/**
 * Runs the fab: events become due by the clock and are then published. After a short stall of the brokers the fab
 * continues where it stopped and catches up, like machines that buffer.
 *
 * @param signal ends the run early; `done` then resolves as well
 */
export function simulate(options: SimulationOptions, publisher: Publisher, signal: AbortSignal): Simulation {
  const { seed, samplesPerSecond, inspectionsPerSecond, topics, once, clock = Date.now } = options;
  const lots = options.lots ?? (once && options.durationMs === undefined ? 1 : undefined);
  const historyMs = lengthOfHistory(options);
  const startMs = once ? clock() - historyMs : clock();
  /** Publishes nothing that is due later. */
  let endMs = startMs + (once ? historyMs : (options.durationMs ?? Infinity));
  const nowMs = (): number => (once ? endMs : Math.min(clock(), endMs));
  let finishedLots = 0;
  /** Due time of the oldest inspection not acknowledged yet. */
  let waitingSinceMs: number | undefined;

  async function publishInspections(): Promise<void> {
    let due: MachineRecord[] = [];
    let dueMs = startMs;
    let standstillMs = 0;
    const send = async (): Promise<void> => {
      await publisher.publish(topics.inspection, due);
      due = [];
      waitingSinceMs = undefined;
    };
    const fab = inspections({
      seed,
      startMs,
      inspectionsPerSecond,
      standstillMs: () => standstillMs,
      ...(lots === undefined ? {} : { lots }),
      ...(options.patterns === undefined ? {} : { patterns: options.patterns }),
      ...(options.steps === undefined ? {} : { steps: options.steps }),
    });
    for (const scheduled of fab) {
      if (scheduled.dueMs > endMs) {
        return void (await send());
      }
      finishedLots = scheduled.finishedLots;
      if (scheduled.event === undefined) {
        continue;
      }
      while (scheduled.dueMs > nowMs()) {
        await send();
        await sleep(TICK_MS, undefined, { signal });
      }
      signal.throwIfAborted();
      const backlogMs = nowMs() - scheduled.dueMs;
      if (!once && backlogMs > MAX_BACKLOG_MS) {
        standstillMs += backlogMs;
      }
      waitingSinceMs ??= scheduled.dueMs;
      due.push(inspectionRecord(scheduled.event));
      dueMs = scheduled.dueMs;
      if (due.length >= MAX_INSPECTIONS_PER_SEND) {
        await send();
      }
    }
    await send();
    finishedLots = lots ?? finishedLots;
    endMs = Math.min(endMs, dueMs);
  }

  async function publishTelemetry(): Promise<void> {
    const telemetry = new EquipmentTelemetry({ seed, startMs, samplesPerSecond });
    const mostBuffered = Math.ceil((MAX_BACKLOG_MS / 1000) * samplesPerSecond);
    for (let next = 0; next < telemetry.dueUntil(endMs);) {
      const due = telemetry.dueUntil(nowMs());
      if (!once) {
        next = Math.max(next, due - mostBuffered);
      }
      const until = Math.min(due, next + MAX_SAMPLES_PER_SEND);
      if (until > next) {
        const samples = Array.from({ length: until - next }, (_, index) => telemetry.sample(next + index));
        await publisher.publish(topics.telemetry, telemetryRecords(samples, options.arraySize));
        next = until;
      }
      signal.throwIfAborted();
      if (until === due && !once) {
        await sleep(TICK_MS, undefined, { signal });
      }
    }
  }

  async function run(): Promise<void> {
    const lanes = [
      ...(inspectionsPerSecond > 0 ? [publishInspections] : []),
      ...(samplesPerSecond > 0 ? [publishTelemetry] : []),
    ];
    // A history knows its end only once its lots are made; live, both lanes follow the same clock.
    if (once) {
      for (const lane of lanes) {
        await lane();
      }
    } else {
      await together(lanes.map((lane) => lane()));
    }
  }

  async function together(lanes: readonly Promise<void>[]): Promise<void> {
    try {
      await Promise.all(lanes);
    } finally {
      // The first lane that stops must not keep the other's last acknowledgement from being counted.
      if (signal.aborted) {
        await Promise.allSettled(lanes);
      }
    }
  }

  const done = run().catch((error: unknown) => {
    if (!signal.aborted) {
      throw error;
    }
  });
  return {
    get finishedLots() {
      return finishedLots;
    },
    get lagMs() {
      return once || waitingSinceMs === undefined ? 0 : Math.max(0, nowMs() - waitingSinceMs);
    },
    done,
  };
}
