import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { anyCharacter } from '../../testing/index.ts';
import { lineParts, measurementSetText, measurementsOf, measurementValuesText } from './accepted-line.ts';

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const measurements = fc.array(
  fc.record(
    {
      name: fc.string({ unit: anyCharacter }),
      value: fc.option(number),
      unit: fc.string(),
      lower_limit: number,
      upper_limit: number,
    },
    { requiredKeys: ['name', 'value'] },
  ),
  { minLength: 1, maxLength: 5 },
);

it('keeps facts, values and set apart, whatever the names hold', () => {
  fc.assert(
    fc.property(measurements, fc.boolean(), (given, hasNewline) => {
      const facts = JSON.stringify({ name: given[0]!.name });
      const line = `${facts}\t${measurementValuesText(given)}\t${measurementSetText(given)}${hasNewline ? '\n' : ''}`;
      const parts = lineParts(Buffer.from(line));
      expect(parts.facts.toString()).toBe(Buffer.from(facts).toString());
      expect(JSON.stringify(measurementsOf(parts))).toBe(Buffer.from(JSON.stringify(given)).toString());
    }),
  );
});

it('reads a line without measurements, and one of the version before', () => {
  for (const facts of ['{"event_id":"1"}', '{"measurements":[{"name":"a\\tb","value":1}]}']) {
    const parts = lineParts(Buffer.from(`${facts}\n`));
    expect(parts.facts.toString()).toBe(facts);
    expect(measurementsOf(parts)).toEqual([]);
  }
});
