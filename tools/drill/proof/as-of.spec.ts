import { describe, expect, it } from '@jest/globals';
import type { Acknowledgement, Line } from '../../faults/load/acknowledgements.ts';
import { recordAt } from '../../faults/load/generator.ts';
import { digestOf } from '../../faults/load/publisher.ts';
import { topicOf, type Sample } from '../../faults/load/stream.ts';
import { bucketOf, Expectation } from '../../faults/proof/expectation.ts';
import type { Observation } from '../../faults/proof/observation.ts';
import { sampleText } from '../../faults/proof/row-texts.ts';
import { addTo, type Sums } from '../../faults/proof/sums.ts';
import { differencesAsOf, lettersBelow, linesBelow } from './as-of.ts';

const origin = { seed: 'spec', epochMs: Date.UTC(2026, 10, 27) };
const TOPIC = topicOf.telemetry;

function batchAt(offset: number, count: number): Acknowledgement {
  const stream = { kind: 'telemetry', partition: 0 } as const;
  const records = Array.from({ length: count }, (_, i) => recordAt(origin, stream, offset + i, 'ordinary'));
  return { ...stream, mood: 'ordinary', sequence: offset, count, offset, digest: digestOf(records) };
}
const lines: readonly Line[] = [
  { origin },
  { acknowledged: batchAt(0, 24) },
  { acknowledged: batchAt(24, 10) },
  { acknowledged: batchAt(34, 6) },
];

/** What a faultless database holds whose position is at `end`. */
function restoredTo(end: number): Observation & { readonly samples: Sums } {
  const samples: Sums = new Map();
  const letters = new Map<string, { code: string; content: string; stage: string; isTruncated: boolean }>();
  let elements = 0;
  for (let offset = 0; offset < 40; offset += 1) {
    for (const element of recordAt(origin, { kind: 'telemetry', partition: 0 }, offset, 'ordinary').elements) {
      elements += offset < end ? 1 : 0;
      if (offset < end && element.sample !== undefined) {
        addTo(samples, bucketOf(batchAt(0, 1), offset), sampleText(element.sample));
      }
    }
  }
  // Every letter is in its topic, whatever the database went back to.
  const whole = new Expectation();
  lines.forEach((line) => whole.add(line));
  whole.letters.forEach(({ code, content }, key) =>
    letters.set(key, { code, content, stage: 'ingest', isTruncated: false }),
  );
  const deadLettered = [...letters.keys()].filter((key) => Number(key.split('/')[2]) < end).length;
  const position = { topic: TOPIC, partition: 0, state: 'running', nextOffset: end, originOffset: 0, records: end };
  const counters = { skipped: 0, gaps: 0, elements, applied: elements - deadLettered, deadLettered, duplicates: 0 };
  return {
    samples,
    inspections: new Expectation().inspections(),
    letters,
    contradictions: [],
    positions: [{ ...position, ...counters }],
    endOffsets: new Map([[`${TOPIC}/0`, 40]]),
    rollups: [],
    summaries: [],
  };
}

describe('a database whose positions went back', () => {
  it.each([40, 34, 30, 24, 5])('is accepted when it holds exactly what is below them (%i)', (end) => {
    expect(differencesAsOf(lines, restoredTo(end))).toEqual([]);
  });

  it('is refused when it holds a row from above them, or lacks one from below', () => {
    const more = restoredTo(30);
    const above = [31, 32, 33].flatMap((offset) =>
      recordAt(origin, { kind: 'telemetry', partition: 0 }, offset, 'ordinary').elements.flatMap(({ sample }) =>
        sample === undefined ? [] : [sample],
      ),
    );
    const row = above[0] as Sample;
    addTo(more.samples, 't0:0', sampleText(row));
    expect(differencesAsOf(lines, more).join('\n')).toContain('table system_metrics');
    const less = restoredTo(30);
    less.samples.clear();
    expect(differencesAsOf(lines, less).join('\n')).toContain('table system_metrics');
  });

  it('is refused when its ledger counts what is above them', () => {
    const observation = restoredTo(30);
    const [position] = observation.positions;
    const wrong = { ...observation, positions: [{ ...position!, records: 31 }] };
    expect(differencesAsOf(lines, wrong).join('\n')).toContain('records should be 30');
  });

  it('cuts a batch in two at the position, and its letters likewise', () => {
    const below = linesBelow(lines, new Map([[`${TOPIC}/0`, 30]]));
    expect(below.slice(1)).toEqual([{ acknowledged: batchAt(0, 24) }, { acknowledged: batchAt(24, 6) }]);
    const letter = { code: 'x', content: 'y', stage: 'ingest', isTruncated: false };
    const letters = new Map([29, 30].map((offset) => [`${TOPIC}/0/${offset}/1`, letter]));
    expect([...lettersBelow(letters, new Map([[`${TOPIC}/0`, 30]])).keys()]).toEqual([`${TOPIC}/0/29/1`]);
    expect(lettersBelow(letters, new Map()).size).toBe(0);
  });
});
