import { describe, expect, it } from '@jest/globals';
import { recordAt } from './generator.ts';
import type { Mood } from './stream.ts';

const origin = { seed: 'spec', epochMs: Date.UTC(2026, 10, 23) };
const telemetry = { kind: 'telemetry', partition: 3 } as const;
const inspection = { kind: 'inspection', partition: 3 } as const;
const many = (stream: typeof telemetry | typeof inspection, mood: Mood, count: number) =>
  Array.from({ length: count }, (_, sequence) => recordAt(origin, stream, sequence, mood));

describe('the generator', () => {
  it('makes the same record again, and another one for another seed', () => {
    expect(recordAt(origin, telemetry, 17, 'ordinary')).toEqual(recordAt(origin, telemetry, 17, 'ordinary'));
    expect(recordAt({ ...origin, seed: 'other' }, telemetry, 17, 'ordinary')).not.toEqual(
      recordAt(origin, telemetry, 17, 'ordinary'),
    );
  });

  it('gives every sample an id of its own, in every mood', () => {
    const moods: Mood[] = ['ordinary', 'huge'];
    const ids = moods.flatMap((mood) =>
      many(telemetry, mood, 50).flatMap(({ elements }) => elements.flatMap(({ sample }) => sample?.tags['e'] ?? [])),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('makes refusals of every code that ingest and writer know, and poison', () => {
    const records = [
      ...many(telemetry, 'ordinary', 2000),
      ...many(telemetry, 'malformed', 500),
      ...many(telemetry, 'huge', 20),
      ...many(inspection, 'ordinary', 400),
    ];
    const elements = records.flatMap((record) => record.elements);
    expect([...new Set(elements.flatMap(({ refused }) => refused?.code ?? []))].sort()).toEqual(
      [
        'event_id_conflict',
        'invalid_text',
        'malformed_json',
        'schema_violation',
        'time_out_of_range',
        'too_deep',
        'too_large',
        'too_old',
        'unknown_inspection_type',
        'value_out_of_range',
      ].sort(),
    );
    expect(elements.some(({ isPoison }) => isPoison)).toBe(true);
    expect(elements.some(({ isDuplicate }) => isDuplicate)).toBe(true);
  });

  it('refuses everything in the moods that say so', () => {
    for (const mood of ['malformed', 'ahead', 'behind'] as const) {
      for (const stream of [telemetry, inspection]) {
        expect(many(stream, mood, 50).every(({ elements }) => elements.every(({ refused }) => refused))).toBe(true);
      }
    }
  });

  it('sends a retest, a run in two events, a repeated and a conflicting event in each case, in mixed order', () => {
    const cases = Array.from({ length: 20 }, (_, number) =>
      Array.from({ length: 10 }, (_, i) => recordAt(origin, inspection, number * 10 + i, 'ordinary').elements[0]),
    );
    for (const elements of cases) {
      expect(elements.filter((element) => element?.isDuplicate)).toHaveLength(1);
      expect(elements.filter((element) => element?.refused?.code === 'event_id_conflict')).toHaveLength(1);
      expect(elements.filter((element) => element?.event && !element.isDuplicate)).toHaveLength(6);
    }
    const retestFirst = cases.filter((elements) => {
      const order = elements.flatMap((element) => element?.event?.attempt ?? []);
      return order[0] === 2;
    });
    expect(retestFirst.length).toBeGreaterThan(0);
    expect(retestFirst.length).toBeLessThan(cases.length);
  });

  it('corrects each refused id once, later, and keeps the pair in one case', () => {
    const records = many(inspection, 'reused', 200);
    const refused = new Set<string>();
    const corrected = new Set<string>();
    for (const { value, elements } of records) {
      const { event_id } = JSON.parse(String(value)) as { event_id: string };
      if (elements[0]?.refused?.code === 'unknown_inspection_type') {
        refused.add(event_id);
      } else {
        expect(refused.has(event_id)).toBe(true);
        corrected.add(event_id);
      }
    }
    expect(corrected.size).toBe(100);
    expect(corrected).toEqual(refused);
  });

  it('makes letters that outgrow their topics', () => {
    const [sample] = many(telemetry, 'beyond', 1);
    expect(sample?.key?.length).toBeGreaterThan(2 * 1024 * 1024);
    const [event] = many(inspection, 'beyond', 1);
    expect(event?.value?.length).toBeGreaterThan(3.5 * 1024 * 1024);
    expect(event?.value?.length).toBeLessThan(4 * 1024 * 1024);
  });
});
