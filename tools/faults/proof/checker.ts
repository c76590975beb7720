/**
 * Compares what was acknowledged with what exists. Pure, so that its specs can show it broken variants, each of which
 * it must refuse.
 */
import type { Expectation } from './expectation.ts';
import type { Observation } from './observation.ts';
import { INSPECTION_TABLES, sampleText } from './row-texts.ts';
import { addTo, type Sums } from './sums.ts';

/** A named difference between what must exist and what does. */
export type Difference = string;

export interface Verdict {
  readonly differences: readonly Difference[];
  /** Buckets of system_metrics that differ, for a closer look. */
  readonly badBuckets: readonly string[];
  /** Samples that the database rejected while allowed to. */
  readonly rejected: number;
  /** Their ids. */
  readonly rejectedSamples: ReadonlySet<string>;
}

const MOST_OF_A_KIND = 5;

export function check(expectation: Expectation, observation: Observation): Verdict {
  const differences: Difference[] = [...expectation.faults];
  const samples = copyOf(expectation.samples);
  const rejectedSamples = new Set<string>();
  const rejectedByPartition = checkLetters(expectation, observation, samples, rejectedSamples, differences);

  const badBuckets = compareSums('system_metrics', samples, observation.samples, differences);
  const inspections = expectation.inspections();
  for (const table of INSPECTION_TABLES) {
    compareSums(table, inspections[table], observation.inspections[table], differences);
  }
  checkPositions(expectation, observation, rejectedByPartition, differences);
  report(differences, 'roll-up', observation.rollups);
  report(differences, 'sums of', observation.summaries);
  return {
    differences,
    badBuckets,
    rejected: [...rejectedByPartition.values()].reduce((sum, count) => sum + count, 0),
    rejectedSamples,
  };
}

function copyOf(sums: Sums): Sums {
  return new Map([...sums].map(([bucket, sum]) => [bucket, { ...sum }]));
}

/** Removes legitimately rejected samples from what the table must hold; counts them per partition. */
function checkLetters(
  expectation: Expectation,
  observation: Observation,
  samples: Sums,
  rejectedSamples: Set<string>,
  differences: Difference[],
): Map<string, number> {
  const rejected = new Map<string, number>();
  const missing = [...expectation.letters.keys()].filter((key) => !observation.letters.has(key));
  report(differences, 'dead letter lost', missing);
  const wrong: string[] = [];
  const unexpected: string[] = [];
  for (const [key, letter] of observation.letters) {
    const expected = expectation.letters.get(key);
    if (expected !== undefined) {
      if (expected.code !== letter.code) {
        wrong.push(`${key}: expected ${expected.code}, got ${letter.code}`);
      } else if (!letter.isTruncated && expected.content !== letter.content) {
        wrong.push(`${key}: its content is not what was sent`);
      }
      continue;
    }
    const found = expectation.find(key);
    const sample = found?.element.sample;
    const isAllowed =
      letter.code === 'database_rejected' &&
      found !== undefined &&
      sample !== undefined &&
      (found.element.isPoison === true || found.isTolerated);
    if (!isAllowed) {
      unexpected.push(`${key} (${letter.code})`);
    } else if (letter.content !== sample.tags['e']) {
      wrong.push(`${key}: its content is not what was sent`);
    } else {
      addTo(samples, found.bucket, sampleText(sample), -1);
      rejectedSamples.add(sample.tags['e']);
      const { kind, partition: number } = found.acknowledged;
      const partition = found.isCurrent ? `${kind}/${number}` : 'of a topic that was replaced';
      rejected.set(partition, (rejected.get(partition) ?? 0) + 1);
    }
  }
  report(differences, 'dead letter wrong', wrong);
  report(differences, 'dead letter unexpected', unexpected);
  report(differences, 'dead letters of one key differ', observation.contradictions);
  return rejected;
}

function compareSums(table: string, expected: Sums, observed: Sums, differences: Difference[]): string[] {
  const bad: string[] = [];
  const texts: string[] = [];
  for (const bucket of new Set([...expected.keys(), ...observed.keys()])) {
    const wanted = expected.get(bucket) ?? { count: 0, digest: 0 };
    const found = observed.get(bucket) ?? { count: 0, digest: 0 };
    if (wanted.count !== found.count) {
      texts.push(`${bucket}: expected ${wanted.count} rows, found ${found.count}`);
      bad.push(bucket);
    } else if (wanted.digest !== found.digest) {
      texts.push(`${bucket}: ${found.count} rows, but not with the content that was sent`);
      bad.push(bucket);
    }
  }
  report(differences, `table ${table}`, texts);
  return bad;
}

function checkPositions(
  expectation: Expectation,
  observation: Observation,
  rejectedByPartition: ReadonlyMap<string, number>,
  differences: Difference[],
): void {
  const texts: string[] = [];
  const expectedLetters = new Map<string, number>();
  for (const key of expectation.letters.keys()) {
    const partition = key.split('/').slice(0, 2).join('/');
    expectedLetters.set(partition, (expectedLetters.get(partition) ?? 0) + 1);
  }
  for (const [key, wanted] of expectation.partitions) {
    const name = `${wanted.topic}/${wanted.partition}`;
    const end = observation.endOffsets.get(name);
    const found = observation.positions.find(
      ({ topic, partition }) => topic === wanted.topic && partition === wanted.partition,
    );
    // Withdrawn offsets that are in no hole are at the end.
    const endOffset = wanted.endOffset + wanted.withdrawn - wanted.holes;
    if (wanted.holes > wanted.withdrawn || end !== endOffset) {
      texts.push(
        `${name}: acknowledged up to ${wanted.endOffset}, the topic ends at ${end} (${wanted.holes} offsets left out, ${wanted.withdrawn} withdrawn)`,
      );
    }
    if (found === undefined) {
      texts.push(`${name}: there is no position`);
      continue;
    }
    const letters = (expectedLetters.get(name) ?? 0) + (rejectedByPartition.get(key) ?? 0);
    const compared: readonly [what: string, wanted: number, found: number][] = [
      ['next_offset', endOffset, found.nextOffset],
      ['records', wanted.records, found.records],
      ['skipped offsets', wanted.withdrawn, found.skipped],
      ['gaps', 0, found.gaps],
      ['elements', wanted.elements, found.elements],
      ['dead_lettered', letters, found.deadLettered],
      ['duplicates', wanted.duplicates, found.duplicates],
      ['applied', wanted.elements - letters - wanted.duplicates, found.applied],
      ['offsets accounted for', found.nextOffset - found.originOffset, found.records + found.skipped + found.gaps],
      ['elements accounted for', found.elements, found.applied + found.deadLettered + found.duplicates],
    ];
    for (const [what, value, actual] of compared) {
      if (value !== actual) {
        texts.push(`${name}: ${what} should be ${value}, is ${actual}`);
      }
    }
    if (found.state !== 'running') {
      texts.push(`${name}: its state is ${found.state}`);
    }
  }
  report(differences, 'position', texts);
}

/** The first ones by name; the rest as a number. */
function report(differences: Difference[], what: string, texts: readonly string[]): void {
  differences.push(...texts.slice(0, MOST_OF_A_KIND).map((text) => `${what}: ${text}`));
  if (texts.length > MOST_OF_A_KIND) {
    differences.push(`${what}: and ${texts.length - MOST_OF_A_KIND} more`);
  }
}
