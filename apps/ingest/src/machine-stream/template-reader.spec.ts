import { describe, expect, it } from '@jest/globals';
import { type Block, encodeBlock } from '@chip/contracts';
import fc from 'fast-check';
import { classifyTelemetry, type SourceRecord, TemplateReader } from '@chip/classify';
import { BlockCutter } from './block-cutter.ts';

const NOW = Date.UTC(2026, 5, 1);
const RULES = { retentionMs: 90 * 86_400_000 };

interface Read {
  readonly block: Block;
  readonly refusals: unknown[];
  readonly unknown: number;
  /** Records that were read by a template. */
  readonly matched: number;
}

/** Reads records as ingest does: by a template where one fits, else by the schema; without `reader` always by the schema. */
function read(
  values: readonly (string | Buffer)[],
  reader?: TemplateReader,
  headers: SourceRecord['headers'] = {},
): Read {
  const cutter = new BlockCutter('telemetry.samples.v1', 0, 'copy-text/system_metrics/1', 0);
  const refusals: unknown[] = [];
  let unknown = 0;
  let matched = 0;
  values.forEach((value, offset) => {
    const record: SourceRecord = { timestamp: NOW, value: Buffer.from(value), headers };
    let elements: number;
    // Among other records, as a fetch holds it: what follows would complete a value that is cut off.
    const ahead = Buffer.from('{');
    const bytes = Buffer.concat([ahead, record.value!, Buffer.from(`${TEXT.slice(-20)},${TEXT}]`)]);
    const place = { headers, bytes, valueFrom: ahead.length, valueTo: ahead.length + record.value!.length };
    if (reader?.read(place, { timestamp: NOW, ...RULES }, cutter)) {
      matched++;
      cutter.addRead(reader);
      elements = reader.isArray ? reader.count : 0;
    } else {
      const before = refusals.length + unknown;
      elements = classifyTelemetry(record, RULES, {
        accept: (row) => cutter.addSample(row),
        refuse: (refusal, bytes, place) => {
          cutter.addRefusal(0, place);
          refusals.push({ offset, refusal, bytes: bytes?.toString(), place });
        },
        unknownFields: (count) => (unknown += count),
      });
      if (refusals.length + unknown === before) {
        reader?.learn(record);
      }
    }
    cutter.endRecord(offset, NOW, elements);
  });
  return { block: cutter.cut(values.length), refusals, unknown, matched };
}

/** Everything that leaves ingest is the same, byte for byte. */
function expectSame(values: readonly (string | Buffer)[], headers?: SourceRecord['headers']): number {
  const plain = read(values, undefined, headers);
  const template = read(values, new TemplateReader(), headers);
  expect(template.refusals).toEqual(plain.refusals);
  expect(template.unknown).toBe(plain.unknown);
  expect(template.block.payload.toString()).toBe(plain.block.payload.toString());
  expect(template.block.deltas!.toString()).toBe(plain.block.deltas!.toString());
  expect(encodeBlock(template.block)).toEqual(encodeBlock(plain.block));
  return template.matched;
}

const sample = {
  time: '2026-05-31T12:00:00.25Z',
  service_name: 'ETCH-01',
  metric_name: 'chamber_pressure_pa',
  metric_value: 1.25,
  tags: { recipe: 'R1', side: 2 },
  host: 'etch-01',
};
const TEXT = JSON.stringify(sample);

/** How machines write JSON: compact, with spaces as Python does, or indented. */
const styles: readonly ((value: unknown) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 1).replace(/\n */g, ' '),
  (value) => JSON.stringify(value, null, 2),
];

const number = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 0.1, 1e-7, 1e-6, 123456789012345, 1234567890123456, 1e21, 1e101, 5e-324),
);
/** Numbers as text, since machines also write what JavaScript would not. */
const numberText = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -99_999, max: 99_999 }).map((value) => String(value / 100)) },
  number.map((value) => (Object.is(value, -0) ? '-0' : JSON.stringify(value))),
  fc.constantFrom(
    '1.50',
    '400.0',
    '-0.0',
    '0.0',
    '0.000000',
    '1E3',
    '1e+3',
    '00',
    '01',
    '-',
    '1.',
    '.5',
    '0.0000001',
    '9007199254740993',
  ),
);
const name = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('a', 'ETCH-01', 'x y') },
  fc.constantFrom(
    'a',
    'ETCH-01',
    'x y',
    '',
    'n'.repeat(100),
    'n'.repeat(101),
    'Ätzer',
    '\u0000',
    '\ud800',
    'tab\t',
    'back\\slash',
    'q"',
    '😀',
    '\u007f',
  ),
  fc.string({ maxLength: 6 }),
);
const time = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .integer({ min: Date.UTC(2026, 4, 30), max: NOW + 12 * 60_000 })
      .map((ms) => new Date(ms).toISOString()),
  },
  fc.constantFrom(
    '2026-05-31T12:00:00Z',
    '2026-05-31T12:00:00.1Z',
    '2026-05-31T12:00:00.123456Z',
    '2026-05-31T12:00:00.1234567Z',
    '2026-05-31T12:00:00.Z',
    '2026-05-31t12:00:00z',
    '2026-05-31T14:00:00+02:00',
    '2026-05-31T24:00:00Z',
    '2026-05-31T12:60:00Z',
    '2026-05-31T12:00:60Z',
    '2026-02-30T12:00:00Z',
    '2026-05-31 12:00:00Z',
    '1999-12-31T23:59:59Z',
    '2020-01-01T00:00:00Z',
    '2027-01-01T00:00:00Z',
    'yesterday',
  ),
);

describe('template reader', () => {
  it('ends with the value, though the bytes after it would complete a sample', () => {
    expect(expectSame([TEXT, TEXT, TEXT.slice(0, -20), `[${TEXT}`, `[${TEXT},`, ''])).toBe(1);
  });

  it('reads the second record of a form by the template of the first', () => {
    expect(expectSame([TEXT, TEXT.replace('1.25', '-17.5').replace('etch-01', 'etch-02')])).toBe(1);
  });

  it.each(styles.map((style, i) => [i, style] as const))('learns the style of writing no %i', (_, style) => {
    const other = { ...sample, time: '2026-05-31T13:59:59.000001Z', metric_value: 400, tags: { recipe: '', side: 0 } };
    expect(expectSame([style(sample), style(other), ` ${style(other)}\n`])).toBe(2);
    expect(expectSame([style([sample, other]), style([other, sample, other])])).toBe(1);
  });

  it('takes a sample without host or tags, or with null in their place', () => {
    const { host: _, tags: __, ...bare } = sample;
    expect(expectSame([bare, bare, { ...bare, host: null, tags: null }].map((value) => JSON.stringify(value)))).toBe(1);
    expect(expectSame(Array(6).fill(JSON.stringify({ ...bare, host: null, tags: {} })))).toBe(5);
  });

  it('writes numbers in their shortest form', () => {
    const { block } = read([TEXT, TEXT.replace('1.25', '400.0'), TEXT.replace('1.25', '0.50')], new TemplateReader());
    expect(
      block.payload
        .toString()
        .split('\n')
        .map((line) => line.split('\t')[3]),
    ).toEqual(['1.25', '400', '0.5', undefined]);
    expect(
      expectSame(['1.25', '400.0', '-0.0', '1.50', '123456789012345', '0.0000001'].map((n) => TEXT.replace('1.25', n))),
    ).toBe(3);
  });

  it('leaves records of another major version to the schema', () => {
    expect(expectSame([TEXT, TEXT], { ce_type: Buffer.from('com.example.sample.v2') })).toBe(0);
    const reader = new TemplateReader();
    expect(read([TEXT, TEXT], reader)).toMatchObject({ matched: 1, refusals: [] });
    // A later version in the form of this one.
    expect(read([TEXT], reader, { ce_type: Buffer.from('com.example.sample.v2') })).toMatchObject({
      matched: 0,
      refusals: [{ refusal: { code: 'schema_violation' } }],
    });
    expect(expectSame([TEXT, TEXT], { ce_type: Buffer.from('com.example.sample.v1.3') })).toBe(1);
    expect(expectSame([TEXT, TEXT], { ce_type: Buffer.from('com.example.sample') })).toBe(1);
  });

  it('refuses a whole array to no template, and a bad element to itself', () => {
    const bad = { ...sample, metric_value: 'high' };
    expect(
      expectSame([JSON.stringify([sample]), JSON.stringify([sample, bad, sample]), JSON.stringify([sample])]),
    ).toBe(1);
    expect(
      expectSame([
        JSON.stringify([sample]),
        JSON.stringify(Array(1001).fill(sample)),
        '[]',
        `[${TEXT},]`,
        `[${TEXT}`,
        `${TEXT},`,
      ]),
    ).toBe(0);
    expect(expectSame([JSON.stringify([sample]), JSON.stringify(Array(1000).fill(sample))])).toBe(1);
  });

  it('is not taken in by a text that begins or ends like a sample', () => {
    expect(
      expectSame([TEXT, `${TEXT}${TEXT}`, `${TEXT}x`, TEXT.slice(0, -1), `{${TEXT}}`, TEXT.replace('{', '{"a":1,')]),
    ).toBe(0);
  });

  it.each([
    ['an escape', TEXT.replace('ETCH', 'ET\\u0043H')],
    ['a field twice', TEXT.replace('{', '{"host":"a",')],
    ['an unknown field', TEXT.replace('{', '{"serial":1,')],
    ['__proto__ as a field', TEXT.replace('{', '{"__proto__":"a",')],
    ['__proto__ as a tag', TEXT.replace('"recipe"', '"__proto__"')],
    ['a nested tag', TEXT.replace('"R1"', '["R1"]')],
    ['a tag twice', TEXT.replace('"side"', '"recipe"')],
    ['a tag that JSON.parse moves to the front', TEXT.replace('"side"', '"7"')],
    ['a byte beyond ASCII', TEXT.replace('R1', 'Ä')],
    ['a value with an exponent', TEXT.replace('1.25', '1e2')],
    ['no time', TEXT.replace(/"time":"[^"]*",/, '')],
  ])('learns nothing from %s', (_, value) => {
    expect(expectSame([value, value])).toBe(0);
  });

  it('keeps what it learnt of sixteen forms', () => {
    const forms = Array.from({ length: 17 }, (_, i) => JSON.stringify({ ...sample, tags: { [`t${i}`]: 1 } }));
    // Every fourth record that matches nothing is learnt from.
    const taught = forms.flatMap((form) => [form, ...Array(3).fill(TEXT.replace('1.25', '1e2'))]);
    expect(expectSame([...taught, ...forms.slice(1), forms[0]!])).toBe(16);
  });

  it('writes what the schema would, whatever comes', () => {
    const tags = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('{"step":"s1","side":2}', '{"ok": true}', undefined) },
      fc.constantFrom('null', '{}', '[]', '1', '{"a":null}', '{"a":{}}', '{"a":true,"b":false}'),
      fc
        .array(
          fc.tuple(
            name,
            fc.oneof(
              numberText,
              name.map((value) => JSON.stringify(value)),
              fc.constantFrom('true', 'false'),
            ),
          ),
          { maxLength: 4 },
        )
        .map((pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
    );
    const one = fc
      .record({
        time,
        service: name,
        metric: name,
        value: numberText,
        tags,
        host: fc.option(name, { nil: undefined }),
        extra: fc.constantFrom(false, false, false, true),
        swap: fc.boolean(),
        space: fc.constantFrom('', ' ', '\n  '),
      })
      .map(({ time, service, metric, value, tags, host, extra, swap, space }) => {
        const fields = [
          `"time":${JSON.stringify(time)}`,
          `"service_name":${JSON.stringify(service)}`,
          `"metric_name":${space}${JSON.stringify(metric)}`,
          `"metric_value":${value}`,
          ...(tags === undefined ? [] : [`"tags":${tags}`]),
          ...(host === undefined ? [] : [`"host":${JSON.stringify(host)}`]),
          ...(extra ? ['"vendor":1'] : []),
        ];
        return `{${space}${(swap ? fields.reverse() : fields).join(`,${space}`)}}`;
      });
    const record = fc.oneof(
      { weight: 4, arbitrary: one },
      {
        weight: 2,
        arbitrary: fc.array(one, { minLength: 1, maxLength: 4 }).map((samples) => `[${samples.join(', ')}]`),
      },
    );
    // Each record twice, so that the second has the first's template; and with one byte changed.
    const stream = fc.array(fc.tuple(record, fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }).map((given) =>
      given.flatMap(([value, at, byte]) => {
        const broken = Buffer.from(value);
        broken[at % broken.length] = byte;
        return [value, value, broken];
      }),
    );
    let matched = 0;
    fc.assert(
      fc.property(stream, (values) => {
        matched += expectSame(values);
      }),
      { numRuns: 250 },
    );
    expect(matched).toBeGreaterThan(40);
  });
});
