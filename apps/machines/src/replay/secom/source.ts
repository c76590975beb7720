import path from 'node:path';
import { INSPECTION, type InspectionEvent } from '@chip/contracts';
import { openSource } from '../source-file.ts';
import type { ReplaySource } from '../source.ts';
import { parseSecomLabels, SECOM_LABELS_FILE, SECOM_SENSORS_FILE, secomInspections } from './secom.ts';

/** Runs per batch: a run has hundreds of measurements. */
const SECOM_BATCH = 50;

/**
 * The SECOM data set of `folder`. Reads and compares both files whole before it yields the first event.
 * @throws InputError
 */
export async function openSecom(folder: string): Promise<ReplaySource> {
  let labelsText = '';
  for await (const text of (await openSource(path.join(folder, SECOM_LABELS_FILE))).text()) {
    labelsText += text;
  }
  const labels = parseSecomLabels(labelsText);
  const sensors = async () => (await openSource(path.join(folder, SECOM_SENSORS_FILE))).text();
  for await (const _ of secomInspections(labels, await sensors())) {
  }

  let done = 0;
  return {
    topic: INSPECTION.source,
    notes: [`${labels.length} runs; both files agree`],
    get progress() {
      return done / labels.length;
    },
    async *batches() {
      let events: InspectionEvent[] = [];
      for await (const event of secomInspections(labels, await sensors())) {
        events.push(event);
        done++;
        if (events.length < SECOM_BATCH && done < labels.length) {
          continue;
        }
        yield { recordsRead: events.length, events, problems: [] };
        events = [];
      }
    },
  };
}
