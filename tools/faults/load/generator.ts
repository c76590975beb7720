/**
 * Events with a known answer. A record is a pure function of (seed, epoch, stream, sequence number), from which the
 * fate of each of its elements follows. A stream feeds one partition of one machine topic, so the order of a stream is
 * the order of its offsets.
 */
import { inspectionRecord } from './inspection-records.ts';
import type { GeneratedRecord, Mood, Origin, Stream } from './stream.ts';
import { telemetryRecord } from './telemetry-records.ts';

export function recordAt(origin: Origin, stream: Stream, sequence: number, mood: Mood): GeneratedRecord {
  return stream.kind === 'telemetry'
    ? telemetryRecord(origin, stream, sequence, mood)
    : inspectionRecord(origin, stream, sequence, mood);
}
