/** How the records of each stream become rows of blocks: what classifies them and what the block keeps. */
import {
  classifyInspection,
  classifyTelemetry,
  type EventOutcome,
  type SourceRecord,
  TemplateReader,
  type TelemetrySink,
} from '@chip/classify';
import type { StreamName } from '@chip/contracts';
import { StoredRecord } from '@chip/kafka';
import type { Reader } from './machine-stream.parts.ts';

/** Reads telemetry by templates where they fit; the schema takes the rest and learns new templates from it. */
const telemetryReader = (): Reader => {
  const templates = new TemplateReader();
  return (record, judged, cutter, refuse) => {
    if (record instanceof StoredRecord && templates.read(record, judged, cutter)) {
      cutter.addRead(templates);
      return { elements: templates.isArray ? templates.count : 0, unknown: 0 };
    }
    const seen = { timestamp: judged.timestamp, value: record.value, headers: record.headers };
    const rules = { retentionMs: judged.retentionMs };
    let unknown = 0;
    let isAccepted = true;
    const sink: TelemetrySink = {
      accept: (row) => cutter.addSample(row),
      refuse: (...refusal) => {
        isAccepted = false;
        refuse(...refusal);
      },
      unknownFields: (count) => (unknown += count),
    };
    const elements = classifyTelemetry(seen, rules, sink);
    if (isAccepted && unknown === 0) {
      templates.learn(seen);
    }
    return { elements, unknown };
  };
};

/** The reader of a stream whose records are one event each. */
const eventReader =
  (classify: (record: SourceRecord) => EventOutcome): Reader =>
  (record, judged, cutter, refuse) => {
    const outcome = classify({ timestamp: judged.timestamp, value: record.value, headers: record.headers });
    if (!outcome.accepted) {
      refuse(outcome.refusal, record.value);
      return { elements: 0, unknown: 0 };
    }
    cutter.addLine(outcome.line, outcome.timeUs);
    return { elements: 0, unknown: outcome.unknownFields };
  };

/** A reader for each stream, with its own memory. */
export const READERS: Readonly<Record<StreamName, () => Reader>> = {
  telemetry: telemetryReader,
  inspection: () => eventReader(classifyInspection),
};
