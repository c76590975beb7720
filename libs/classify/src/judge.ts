import { type MachineTopic, type Refusal, type StreamName, streamOf } from '@chip/contracts';
import { classifyInspection } from './inspection.ts';
import { classifyTelemetry, type SourceRecord } from './telemetry.ts';

/** The judgement on one event of a record. */
export interface Verdict {
  /** Place in the record's array; absent when it is none, or was refused whole. */
  readonly index?: number;
  /** Null when the event is accepted. */
  readonly refusal: Refusal | null;
}

interface Judgements {
  readonly verdicts: Verdict[];
  readonly unknownFields: number;
}

const plain = ({ code, detail }: Refusal): Refusal => ({ code, detail });

const JUDGES: Readonly<Record<StreamName, (record: SourceRecord, retentionMs: number) => Judgements>> = {
  inspection: (record) => {
    const outcome = classifyInspection(record);
    return outcome.accepted
      ? { verdicts: [{ refusal: null }], unknownFields: outcome.unknownFields }
      : { verdicts: [{ refusal: plain(outcome.refusal) }], unknownFields: 0 };
  },
  telemetry: (record, retentionMs) => {
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
  },
};

/** Verdicts on one record of a machine topic, in the order of its elements, without making rows of them. */
export const judgeRecord = (topic: MachineTopic, record: SourceRecord, retentionMs: number): Judgements =>
  JUDGES[streamOf(topic)!.name](record, retentionMs);
