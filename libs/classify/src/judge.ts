import { type MachineTopic, type Refusal, type StreamName, streamOf } from '@chip/contracts';
import type { EventOutcome } from './event-outcome.ts';
import { classifyInspection } from './inspection.ts';
import { classifyTelemetry, type SourceRecord } from './telemetry.ts';

/** The judgement on one event of a record. */
export interface Verdict {
  /** Place in the record's array; absent when the record is not an array or was refused whole. */
  readonly index?: number;
  /** Null when the event is accepted. */
  readonly refusal: Refusal | null;
}

interface Judgements {
  readonly verdicts: Verdict[];
  readonly unknownFields: number;
}

const plain = ({ code, detail }: Refusal): Refusal => ({ code, detail });

type Judge = (record: SourceRecord, retentionMs: number) => Judgements;

/** Judges a stream whose records are one event each. */
const judgeEvent =
  (classify: (record: SourceRecord) => EventOutcome): Judge =>
  (record) => {
    const outcome = classify(record);
    return outcome.accepted
      ? { verdicts: [{ refusal: null }], unknownFields: outcome.unknownFields }
      : { verdicts: [{ refusal: plain(outcome.refusal) }], unknownFields: 0 };
  };

const judgeTelemetry: Judge = (record, retentionMs) => {
  const refusals = new Map<number | undefined, Refusal>();
  let accepted = 0;
  let unknownFields = 0;
  const elements = classifyTelemetry(
    record,
    { retentionMs },
    {
      accept: () => accepted++,
      refuse: (refusal, _bytes, index) => refusals.set(index, plain(refusal)),
      unknownFields: (count) => (unknownFields += count),
    },
  );
  if (elements === 0) {
    return { verdicts: [{ refusal: refusals.get(undefined) ?? null }], unknownFields };
  }
  const verdicts = Array.from({ length: accepted + refusals.size }, (_, index) => ({
    index,
    refusal: refusals.get(index) ?? null,
  }));
  return { verdicts, unknownFields };
};

const JUDGES: Readonly<Record<StreamName, Judge>> = {
  telemetry: judgeTelemetry,
  inspection: judgeEvent(classifyInspection),
};

/** Gives the verdicts on one record of a machine topic, in the order of its elements, without making rows. */
export const judgeRecord = (topic: MachineTopic, record: SourceRecord, retentionMs: number): Judgements =>
  JUDGES[streamOf(topic)!.name](record, retentionMs);
