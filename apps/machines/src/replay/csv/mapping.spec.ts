import { describe, expect, it } from '@jest/globals';
import { INSPECTION_FIELDS, INSPECTION, TELEMETRY_FIELDS, TELEMETRY } from '@chip/contracts';
import { compileCsvMapping, csvMapSchema, type CsvMap } from './mapping.ts';

const map = (options: Partial<CsvMap> = {}): CsvMap => csvMapSchema.parse(options);
const telemetryHeader = ['time', 'service_name', 'metric_name', 'metric_value', 'host'];
const inspectionHeader = ['lot_id', 'chip_id', 'inspection_type', 'result', 'occurred_at'];

function toEvents(header: string[], options: Partial<CsvMap>, ...cells: string[]) {
  return compileCsvMapping(header, map(options)).toEvents(cells, 2);
}

describe('CSV mapping', () => {
  it('maps columns with the names of the contract by themselves and tells what it ignores', () => {
    const mapping = compileCsvMapping([...telemetryHeader, 'shift'], map());
    expect(mapping.topic).toBe(TELEMETRY.source);
    expect(mapping.ignoredColumns).toEqual(['shift']);
    expect(mapping.toEvents(['2026-03-14T09:26:53Z', 'etcher', 'pressure', '1.5e2', 'h1', 'B'], 2)).toEqual({
      events: [
        {
          time: '2026-03-14T09:26:53Z',
          service_name: 'etcher',
          metric_name: 'pressure',
          metric_value: 150,
          host: 'h1',
        },
      ],
    });
  });

  it('takes a file with lots for inspections; a row with a verdict is a completed run', () => {
    const mapping = compileCsvMapping(inspectionHeader, map());
    expect(mapping.topic).toBe(INSPECTION.source);
    expect(mapping.toEvents(['L1', 'C1', 'visual', 'pass', '2026-03-14T09:26:53Z'], 2)).toMatchObject({
      events: [{ lot_id: 'L1', chip_id: 'C1', status: 'completed', result: 'pass' }],
    });
  });

  it('maps other names, constants, translated values, tags, metadata and time formats', () => {
    expect(
      toEvents(
        ['Zeit', 'Tool', 'Wert', 'Kammer'],
        {
          map: { time: 'Zeit', host: 'Tool', metric_value: 'Wert', 'tags.chamber': 'Kammer' },
          const: { service_name: 'etch', metric_name: 'rf_power' },
          time_format: 'DD.MM.YYYY HH:mm:ss',
        },
        '14.03.2026 09:26:53',
        'etch-7',
        '800',
        'A',
      ),
    ).toEqual({
      events: [
        {
          time: '2026-03-14T09:26:53Z',
          service_name: 'etch',
          metric_name: 'rf_power',
          metric_value: 800,
          host: 'etch-7',
          tags: { chamber: 'A' },
        },
      ],
    });
    expect(
      toEvents(
        ['lot_id', 'chip_id', 'P/F', 'occurred_at', 'operator'],
        {
          map: { result: 'P/F', 'metadata.operator': 'operator' },
          const: { inspection_type: 'electrical' },
          values: { result: { P: 'pass', F: 'fail' } },
        },
        'L1',
        'C1',
        'F',
        '2026-03-14T09:26:53Z',
        'kim',
      ),
    ).toMatchObject({ events: [{ result: 'fail', inspection_type: 'electrical', metadata: { operator: 'kim' } }] });
  });

  it('makes measurements of columns; an empty cell is a measurement without value', () => {
    const measurements = [
      { name: 'cd', column: 'CD [nm]', unit: 'nm', lower_limit: 26, upper_limit: 30 },
      { name: 'roughness', column: 'LER' },
    ];
    const header = [...inspectionHeader, 'CD [nm]', 'LER'];
    const row = ['L1', 'C1', 'dimensional', 'pass', '2026-03-14T09:26:53Z'];
    expect(toEvents(header, { measurements }, ...row, '28.25', '')).toMatchObject({
      events: [
        {
          measurements: [
            { name: 'cd', value: 28.25, unit: 'nm', lower_limit: 26, upper_limit: 30 },
            { name: 'roughness', value: null },
          ],
        },
      ],
    });
    expect(toEvents(header, { measurements }, ...row, 'n/a', '1')).toEqual({
      problem: 'cd: got "n/a", expected a number',
    });
  });

  it('makes one sample of every measured column of a telemetry row, none of an empty cell', () => {
    const options = {
      map: { time: 't' },
      const: { service_name: 'furnace', host: 'f1', tags: '{"zone":2}' },
      measurements: [
        { name: 'temperature', column: 'T', unit: 'degC' },
        { name: 'pressure', column: 'p' },
      ],
    };
    const at = '2026-03-14T09:26:53Z';
    const both = toEvents(['t', 'T', 'p'], options, at, '1050', '2');
    expect(both).toMatchObject({
      events: [
        { metric_name: 'temperature', metric_value: 1050, tags: { zone: 2, unit: 'degC' }, host: 'f1' },
        { metric_name: 'pressure', metric_value: 2, tags: { zone: 2 } },
      ],
    });
    expect(toEvents(['t', 'T', 'p'], options, at, '', '2')).toMatchObject({ events: [{ metric_name: 'pressure' }] });
    expect(toEvents(['t', 'T', 'p'], options, at, '', '')).toEqual({ problem: 'no measured column has a value' });
  });

  it('gives a row without event_id the same id every time, another row or line another one', () => {
    const mapping = compileCsvMapping(inspectionHeader, map());
    const idOf = (cells: string[], line: number): unknown => {
      const row = mapping.toEvents(cells, line);
      return 'events' in row ? row.events[0]?.['event_id' as never] : row;
    };
    const cells = ['L1', 'C1', 'visual', 'pass', '2026-03-14T09:26:53Z'];
    expect(idOf(cells, 2)).toBe(idOf([...cells], 2));
    expect(idOf(cells, 2)).not.toBe(idOf(cells, 3));
    expect(idOf(cells, 2)).not.toBe(idOf(cells.with(1, 'C2'), 2));
    const given = compileCsvMapping(['event_id', ...inspectionHeader], map());
    const id = '6f0e2a52-7d0e-4f7e-9d53-0a3a9d8f6b11';
    expect(given.toEvents([id, ...cells], 2)).toMatchObject({ events: [{ event_id: id }] });
  });

  it.each([
    [['', 'etcher', 'p', '1', 'h'], 'time: missing'],
    [['2026-02-30T09:26:53Z', 'etcher', 'p', '1', 'h'], 'time: got "2026-02-30T09:26:53Z", expected a time'],
    [['2026-03-14 09:26:53', 'etcher', 'p', '1', 'h'], 'time: got "2026-03-14 09:26:53", expected a time'],
    [['2026-03-14T09:26:53Z', 'etcher', 'p', '0x1', 'h'], 'metric_value: got "0x1", expected a number'],
    [['2026-03-14T09:26:53Z', 'etcher', 'p', '1e999', 'h'], 'metric_value: got "1e999", expected a number'],
    [['2026-03-14T09:26:53Z', 'x'.repeat(101), 'p', '1', 'h'], 'service_name: expected 1 to 100 characters'],
    [['2026-03-14T09:26:53Z', 'etcher', 'p', '1', 'caf\ufffd'], 'host: the cell is not UTF-8 text'],
    [['2026-03-14T09:26:53Z', 'etcher', 'p', '1'], 'expected 5 cells as in the header, got 4'],
  ])('refuses the row %j', (cells, problem) => {
    const row = toEvents(telemetryHeader, {}, ...cells);
    expect(row).toEqual({ problem: expect.stringContaining(problem) });
  });

  it.each<[string, string[], Partial<CsvMap>, string]>([
    ['a column that is not there', telemetryHeader, { map: { host: 'Host' } }, 'there is no column "Host"'],
    ['a column that is there twice', ['a', 'a'], { map: { time: 'a' } }, 'has the column "a" twice'],
    ['a field that is not in the contract', telemetryHeader, { map: { temp: 'host' } }, 'has no field "temp"'],
    ['a key below a plain field', telemetryHeader, { map: { 'host.name': 'host' } }, 'has no field "host.name"'],
    ['a time format', telemetryHeader, { time_format: 'soon' }, '"soon" is not a time format'],
    ['values of an unmapped field', telemetryHeader, { values: { site: { a: 'b' } } }, 'values are given for "site"'],
    [
      'two sources of the metric',
      telemetryHeader,
      { measurements: [{ name: 'x', column: 'host' }] },
      'either metric_name and metric_value or measured columns',
    ],
    [
      'two sources of measurements',
      [...inspectionHeader, 'measurements', 'cd'],
      { measurements: [{ name: 'cd', column: 'cd' }] },
      'measurements come either from',
    ],
    ['another encoding', ['\ufffd\ufffdt\0i\0'], {}, 'not UTF-8'],
  ])('refuses a map with %s', (_, header, options, message) => {
    expect(() => compileCsvMapping(header, map(options))).toThrow(message);
  });

  it('reads every field of the contract that is not text as what it is', () => {
    // A new numeric or nested field of the contract has to be named in the mapping: text would be refused.
    const samples: Record<string, string> = { tags: '{}', metadata: '{}', measurements: '[]', defects: '[]' };
    const text = (field: string): string =>
      samples[field] ??
      (/_at$|^time$/.test(field)
        ? '2026-03-14T09:26:53Z'
        : ({ event_id: '6f0e2a52-7d0e-4f7e-9d53-0a3a9d8f6b11', status: 'completed', result: 'pass' }[field] ?? '1'));
    for (const fields of [TELEMETRY_FIELDS, INSPECTION_FIELDS]) {
      const header = [...fields].filter((field) => field !== 'voids');
      expect(toEvents(header, {}, ...header.map(text))).toEqual({ events: [expect.anything()] });
    }
  });

  it('keeps a column named like an object prototype as data', () => {
    const row = toEvents(
      [...telemetryHeader, 'p'],
      { map: { 'tags.__proto__': 'p' } },
      ...['2026-03-14T09:26:53Z', 'etcher', 'p', '1', 'h', 'polluted'],
    );
    expect(row).toBeDefined();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });
});
