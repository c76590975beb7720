import { INSPECTION, type InspectionEvent, type TelemetrySample } from '@chip/contracts';
import type { ProgressLine } from './progress-line.ts';
import type { Publisher } from '../publisher.ts';
import { inspectionRecord, telemetryRecords, type MachineRecord } from '../records.ts';
import type { ReplaySource } from './source.ts';

export interface ReplayOptions {
  /** Topic to publish to; usually the source's own. */
  readonly topic: string;
  /** Samples per telemetry record. */
  readonly arraySize: number;
  /** Refused rows to name; all are counted. */
  readonly maxProblems: number;
  readonly signal: AbortSignal;
}

export interface ReplayCounts {
  /** Data records of the file. */
  read: number;
  /** Events passed to Kafka; the publisher's totals count the acknowledged ones. */
  published: number;
  /** Records of the file that yielded no event. */
  skipped: number;
  /** The first events, as published. */
  readonly samples: (TelemetrySample | InspectionEvent)[];
}

const SAMPLES = 3;

/**
 * Publishes a data set batch by batch, never reading ahead of the acknowledgements; names refused rows on `progress`.
 * @param publisher absent for a dry run: reads and checks everything, sends nothing
 * @param counts kept up to date, so that an interrupted run can be reported too
 */
export async function runReplay(
  source: ReplaySource,
  publisher: Publisher | undefined,
  options: ReplayOptions,
  counts: ReplayCounts,
  progress: ProgressLine,
): Promise<void> {
  const refuse = (line: number, problem: string): void => {
    counts.skipped++;
    if (counts.skipped <= options.maxProblems) {
      progress.print(`line ${line}: ${problem}`);
    }
    if (counts.skipped === options.maxProblems + 1) {
      progress.print('further refused rows are counted but not named');
    }
  };
  for await (const { recordsRead, events, problems } of source.batches()) {
    options.signal.throwIfAborted();
    counts.read += recordsRead;
    for (const { line, problem } of problems) {
      refuse(line, problem);
    }
    for (const event of events) {
      if (counts.samples.length < SAMPLES) {
        counts.samples.push(event);
      }
    }
    const records = toRecords(source, events, options.arraySize);
    if (publisher !== undefined) {
      counts.published += events.length;
      await publisher.publish(options.topic, records);
    }
    progress.show(source.progress, `${counts.read.toLocaleString('en-US')} records read`);
  }
}

const toRecords = (
  source: ReplaySource,
  events: readonly (TelemetrySample | InspectionEvent)[],
  arraySize: number,
): MachineRecord[] =>
  source.topic === INSPECTION.source
    ? (events as readonly InspectionEvent[]).map(inspectionRecord)
    : telemetryRecords(events as readonly TelemetrySample[], arraySize);
