/** A checker proves something only if it refuses every broken variant: each of these is one that it must notice. */
import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Acknowledgement } from '../load/acknowledgements.ts';
import { check } from './checker.ts';
import { bucketOf, Expectation, letterKey, sealedKey } from './expectation.ts';
import { recordAt } from '../load/generator.ts';
import { topicOf, type Kind, type Mood, type Sample } from '../load/stream.ts';
import type { Observation, ObservedLetter, ObservedPartition } from './observation.ts';
import { digestOf } from '../load/publisher.ts';
import { sampleText } from './row-texts.ts';
import { addTo, type Sums } from './sums.ts';

const origin = { seed: 'spec', epochMs: Date.UTC(2026, 10, 23) };

/** Every test begins with the same records: they are made once. */
const batches = new Map<string, { readonly records: ReturnType<typeof recordAt>[]; readonly digest: string }>();
function batchOf(kind: Kind, partition: number, mood: Mood, count: number, sequence: number) {
  const key = [kind, partition, mood, count, sequence].join();
  let batch = batches.get(key);
  if (batch === undefined) {
    const records = Array.from({ length: count }, (_, i) => recordAt(origin, { kind, partition }, sequence + i, mood));
    batches.set(key, (batch = { records, digest: digestOf(records) }));
  }
  return batch;
}
const texts = new WeakMap<Sample, string>();
function textOf(sample: Sample): string {
  const text = texts.get(sample) ?? sampleText(sample);
  texts.set(sample, text);
  return text;
}

interface Row {
  readonly bucket: string;
  sample: Sample;
}

/** What a faultless system would hold after these batches; a test changes one thing of it. */
class IdealSystem {
  readonly expectation = new Expectation();
  readonly rows: Row[] = [];
  readonly letters = new Map<string, ObservedLetter>();
  readonly positions: (Omit<ObservedPartition, 'nextOffset'> & { nextOffset: number })[] = [];
  readonly endOffsets = new Map<string, number>();

  constructor() {
    this.expectation.add({ origin });
    this.publish('telemetry', 0, 'ordinary', 200);
    this.publish('telemetry', 0, 'malformed', 10);
    this.publish('inspection', 1, 'ordinary', 45);
  }

  /** The machine topic is replaced: what it brought stays, its offsets and its ledger begin again. */
  startOver(kind: Kind): void {
    this.expectation.add({ recreated: kind });
    const topic = topicOf[kind];
    for (const [key, letter] of [...this.letters].filter(([name]) => name.startsWith(`${topic}/`))) {
      this.letters.delete(key);
      this.letters.set(sealedKey(0, key), letter);
    }
    this.positions.splice(0, this.positions.length, ...this.positions.filter((one) => one.topic !== topic));
  }

  publish(kind: Kind, partition: number, mood: Mood, count: number, { sequence = 0, leftOut = 0 } = {}): void {
    const offset = (this.expectation.partitions.get(`${kind}/${partition}`)?.endOffset ?? 0) + leftOut;
    const { records, digest } = batchOf(kind, partition, mood, count, sequence);
    const batch: Acknowledgement = { kind, partition, mood, sequence, count, offset, digest };
    this.expectation.add({ acknowledged: batch });
    const topic = topicOf[kind];
    this.endOffsets.set(`${topic}/${partition}`, offset + count);
    const before = this.positions.find((one) => one.topic === topic);
    const counts = { elements: before?.elements ?? 0, letters: before?.deadLettered ?? 0, duplicates: 0 };
    records.forEach((record, i) =>
      record.elements.forEach(({ place, sample, refused, isDuplicate }) => {
        counts.elements += 1;
        counts.duplicates += isDuplicate ? 1 : 0;
        if (sample !== undefined) {
          this.rows.push({ bucket: bucketOf(batch, sequence + i), sample });
        }
        if (refused === undefined) {
          return;
        }
        counts.letters += 1;
        const { code, stage, bytes } = refused;
        const id = () => (JSON.parse(String(bytes)) as { event_id: string }).event_id;
        this.letters.set(letterKey(kind, partition, offset + i, place), {
          code,
          stage,
          content: stage === 'ingest' ? hash('md5', bytes ?? Buffer.from('null'), 'hex') : id(),
          isTruncated: false,
        });
      }),
    );
    if (before !== undefined) {
      this.positions.splice(this.positions.indexOf(before), 1);
    }
    this.positions.push({
      topic,
      partition,
      state: 'running',
      nextOffset: offset + count,
      originOffset: 0,
      records: offset + count - leftOut,
      skipped: leftOut,
      gaps: 0,
      elements: counts.elements,
      applied: counts.elements - counts.letters - counts.duplicates,
      deadLettered: counts.letters,
      duplicates: counts.duplicates,
    });
  }

  observed(changes: Partial<Observation> = {}): Observation {
    const samples: Sums = new Map();
    this.rows.forEach(({ bucket, sample }) => addTo(samples, bucket, textOf(sample)));
    return {
      samples,
      inspections: this.expectation.inspections(),
      letters: this.letters,
      contradictions: [],
      positions: this.positions,
      endOffsets: this.endOffsets,
      rollups: [],
      summaries: [],
      ...changes,
    };
  }

  differences(changes?: Partial<Observation>): string {
    return check(this.expectation, this.observed(changes)).differences.join('\n');
  }
}

describe('the checker', () => {
  it('accepts a system that holds exactly what was acknowledged', () => {
    const system = new IdealSystem();
    expect(system.rows.length).toBeGreaterThan(1000);
    expect(system.letters.size).toBeGreaterThan(20);
    expect(system.differences()).toBe('');
  });

  it('refuses a lost row', () => {
    const system = new IdealSystem();
    system.rows.pop();
    expect(system.differences()).toMatch(/table system_metrics: t0:\d: expected \d+ rows, found \d+/);
  });

  it('refuses a row that is there twice', () => {
    const system = new IdealSystem();
    system.rows.push(system.rows[7] as Row);
    expect(system.differences()).toMatch(/table system_metrics/);
  });

  it('refuses a lost and a doubled row that leave the count as it was', () => {
    const system = new IdealSystem();
    system.rows[3] = system.rows[4] as Row;
    expect(system.differences()).toMatch(/not with the content that was sent/);
  });

  it('refuses a changed value, even by its last bit', () => {
    const system = new IdealSystem();
    const row = system.rows[5] as Row;
    row.sample = { ...row.sample, metric_value: row.sample.metric_value + Number.EPSILON * row.sample.metric_value };
    expect(system.differences()).toMatch(/not with the content that was sent/);
  });

  it('refuses a row that nobody sent', () => {
    const system = new IdealSystem();
    system.rows.push({ bucket: 'unknown', sample: (system.rows[0] as Row).sample });
    expect(system.differences()).toMatch(/unknown: expected 0 rows, found 1/);
  });

  it.each(['events', 'attempts', 'inspections', 'measurements', 'defects'] as const)(
    'refuses a lost and an unsent row in %s',
    (table) => {
      const system = new IdealSystem();
      for (const change of [-1, 1]) {
        const inspections = system.expectation.inspections();
        const [first] = inspections[table].values();
        if (first === undefined) {
          throw new Error('no rows to spoil');
        }
        first.count += change;
        expect(system.differences({ inspections })).toMatch(`table ${table}`);
      }
    },
  );

  it('refuses a lost dead letter', () => {
    const system = new IdealSystem();
    const [key] = system.letters.keys();
    system.letters.delete(key as string);
    expect(system.differences()).toContain(`dead letter lost: ${key}`);
  });

  it('refuses a dead letter with another code, or other content', () => {
    for (const change of [{ code: 'database_rejected' }, { content: 'something else' }]) {
      const system = new IdealSystem();
      const [key, letter] = [...system.letters][0] as [string, ObservedLetter];
      system.letters.set(key, { ...letter, ...change });
      expect(system.differences()).toContain(`dead letter wrong: ${key}`);
    }
  });

  it('refuses dead letters of one key that differ', () => {
    expect(new IdealSystem().differences({ contradictions: ['a/0/1'] })).toContain(
      'dead letters of one key differ: a/0/1',
    );
  });

  it('refuses a dead letter of an accepted sample, whether its row is there or not', () => {
    const system = new IdealSystem();
    const at = system.rows.findIndex(
      ({ sample }) => sample.host !== 'poison' && /^t0:\d+:3$/.test(String(sample.tags['e'])),
    );
    const { sample } = system.rows[at] as Row;
    const [, sequence, place] = String(sample.tags['e']).split(':').map(Number);
    const letter = {
      code: 'database_rejected',
      stage: 'writer',
      content: String(sample.tags['e']),
      isTruncated: false,
    };
    system.letters.set(`telemetry.samples.v1/0/${sequence}/${place}`, letter);
    expect(system.differences()).toContain('dead letter unexpected');
    system.rows.splice(at, 1);
    expect(system.differences()).toContain('dead letter unexpected');
  });

  describe('where the database was made to reject rows', () => {
    const rejectOne = () => {
      const system = new IdealSystem();
      const at = system.rows.findIndex(({ sample }) => sample.host === 'poison');
      const { sample } = system.rows[at] as Row;
      const [stream, sequence, place] = String(sample.tags['e']).split(':');
      const { elements } = recordAt(origin, { kind: 'telemetry', partition: 0 }, Number(sequence), 'ordinary');
      expect(stream).toBe('t0');
      const key = letterKey('telemetry', 0, Number(sequence), elements.length === 1 ? undefined : Number(place));
      system.letters.set(key, {
        code: 'database_rejected',
        stage: 'writer',
        content: `${stream}:${sequence}:${place}`,
        isTruncated: false,
      });
      const position = system.positions.find(({ topic }) => topic === 'telemetry.samples.v1');
      if (position === undefined) {
        throw new Error('no position');
      }
      Object.assign(position, { deadLettered: position.deadLettered + 1, applied: position.applied - 1 });
      return { system, at };
    };

    it('accepts the letter in place of the row', () => {
      const { system, at } = rejectOne();
      system.rows.splice(at, 1);
      expect(system.differences()).toBe('');
    });

    it('refuses both the letter and the row', () => {
      expect(rejectOne().system.differences()).toMatch(/table system_metrics/);
    });

    it('refuses neither of them', () => {
      const system = new IdealSystem();
      system.rows.splice(
        system.rows.findIndex(({ sample }) => sample.host === 'poison'),
        1,
      );
      expect(system.differences()).toMatch(/table system_metrics/);
    });
  });

  it.each([
    ['nextOffset', 'next_offset should be'],
    ['records', 'records should be'],
    ['skipped', 'skipped offsets should be'],
    ['gaps', 'gaps should be'],
    ['elements', 'elements should be'],
    ['applied', 'applied should be'],
    ['deadLettered', 'dead_lettered should be'],
    ['duplicates', 'duplicates should be'],
  ] as const)('refuses a ledger whose %s is off by one', (counter, text) => {
    const system = new IdealSystem();
    const position = system.positions[0] as Record<string, unknown>;
    position[counter] = (position[counter] as number) + 1;
    expect(system.differences()).toContain(text);
  });

  it('refuses a stopped partition, a missing position, and a topic that holds more than was acknowledged', () => {
    const stopped = new IdealSystem();
    Object.assign(stopped.positions[0] as object, { state: 'gap' });
    expect(stopped.differences()).toContain('its state is gap');
    const missing = new IdealSystem();
    missing.positions.pop();
    expect(missing.differences()).toContain('there is no position');
    const longer = new IdealSystem();
    longer.endOffsets.set('telemetry.samples.v1/0', 211);
    expect(longer.differences()).toContain('acknowledged up to 210, the topic ends at 211');
  });

  it('accepts offsets that were withdrawn, between batches and at the end, and refuses any other hole', () => {
    const hole = new IdealSystem();
    hole.publish('telemetry', 0, 'malformed', 5, { sequence: 10, leftOut: 2 });
    expect(hole.differences()).toContain('2 offsets left out, 0 withdrawn');
    hole.expectation.add({ withdrawn: { kind: 'telemetry', partition: 0, count: 2 } });
    expect(hole.differences()).toBe('');
    hole.expectation.add({ withdrawn: { kind: 'telemetry', partition: 0, count: 1 } });
    expect(hole.differences()).toContain('the topic ends at 217 (2 offsets left out, 3 withdrawn)');
    const position = hole.positions.find(({ topic }) => topic === topicOf.telemetry);
    Object.assign(position as object, { nextOffset: 218, skipped: 3 });
    hole.endOffsets.set('telemetry.samples.v1/0', 218);
    expect(hole.differences()).toBe('');
  });

  it('takes a topic that started over for a new one, and remembers what the old one brought', () => {
    const system = new IdealSystem();
    system.startOver('telemetry');
    system.publish('telemetry', 0, 'ordinary', 50, { sequence: 200 });
    system.publish('telemetry', 0, 'malformed', 10, { sequence: 10 });
    expect(system.differences()).toBe('');
    const letters = [...system.letters.keys()];
    expect(letters.filter((key) => key.startsWith('0:')).length).toBeGreaterThan(10);
    system.letters.delete(letters.find((key) => key.startsWith('0:')) as string);
    expect(system.differences()).toContain('dead letter lost: 0:telemetry.samples.v1/0/');
    const row = new IdealSystem();
    row.startOver('telemetry');
    row.rows.pop();
    expect(row.differences()).toMatch(/table system_metrics: t0:\d: expected \d+ rows, found \d+/);
  });

  it('refuses a roll-up that differs from its raw rows', () => {
    expect(new IdealSystem().differences({ rollups: ['2026-11-23 00:00 etcher'] })).toContain('roll-up: 2026-11-23');
    expect(new IdealSystem().differences({ summaries: ['yield 2026-11-23|visual'] })).toContain(
      'sums of: yield 2026-11-23',
    );
  });

  it('refuses a log that the generator cannot repeat', () => {
    const system = new IdealSystem();
    system.expectation.add({
      acknowledged: {
        kind: 'telemetry',
        partition: 5,
        mood: 'ordinary',
        sequence: 0,
        count: 1,
        offset: 0,
        digest: 'x',
      },
    });
    expect(system.differences()).toContain('cannot be made again');
  });
});
