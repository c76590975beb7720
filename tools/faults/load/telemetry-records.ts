/** Samples: single and in arrays, late and reordered, and every way in which one can be refused. */
import { Random } from './random.ts';
import {
  DAY_MS,
  EARLY_MS,
  HOUR_MS,
  nested,
  refusedWhole,
  streamName,
  withMicroseconds,
  type Element,
  type GeneratedRecord,
  type Mood,
  type Origin,
  type Sample,
  type Stream,
} from './stream.ts';

/** Samples of hosts with this name are refused while the fault "poison rows" lasts. */
export const POISON_HOST = 'poison';

/** Age of samples in the mood "aged": within the usual retention, outside one of 30 days. */
const AGED_DAYS = 40;

const TELEMETRY_LIMIT = 1024 * 1024;
/** Compresses to what its topic accepts; a letter may have 2 MiB in total. */
const hugeKey = Buffer.alloc(3 * 1024 * 1024, 'k');

const SERVICES = ['etcher-1', 'etcher-2', 'coater', 'prüfer', 'stepper\\3'];
const METRICS = ['temperature', 'pressure', 'flow rate', 'vibration'];
const HOSTS = ['host-a', 'host-b', undefined];

export function telemetryRecord(origin: Origin, stream: Stream, sequence: number, mood: Mood): GeneratedRecord {
  const name = streamName(stream, mood);
  const random = new Random(origin.seed, name, sequence);
  const sample = (index: number, shiftMs = 0): Sample => {
    // Out of order within two hours; some late by days.
    const lateMs = random.chance(0.02) ? random.integer(1, 3) * DAY_MS : 0;
    const earlierMs = mood === 'early' ? EARLY_MS : 0;
    const timeMs = origin.epochMs - random.integer(0, 2 * HOUR_MS) - lateMs - earlierMs + shiftMs;
    const host = random.chance(0.01) ? POISON_HOST : random.pick(HOSTS);
    return {
      time: withMicroseconds(timeMs, random.integer(0, 999)),
      service_name: random.pick(SERVICES),
      metric_name: random.pick(METRICS),
      metric_value: random.integer(-1_000_000, 1_000_000) / 1000,
      ...(host === undefined ? {} : { host }),
      tags: {
        e: `${name}:${sequence}:${index}`,
        lane: random.integer(1, 4),
        ...(random.chance(0.1) ? { ok: true } : {}),
      },
      ...(random.chance(0.01) ? { vendor_note: 'x' } : {}),
    };
  };

  if (mood === 'ahead' || mood === 'behind') {
    const shifted = sample(0, (mood === 'ahead' ? 5 : -365) * DAY_MS);
    return refusedWhole(JSON.stringify(shifted), mood === 'ahead' ? 'time_out_of_range' : 'too_old');
  }
  if (mood === 'aged') {
    return refusedWhole(JSON.stringify(sample(0, -AGED_DAYS * DAY_MS)), 'too_old');
  }
  if (mood === 'misspelt') {
    const text = JSON.stringify(sample(0)).replace('"service_name"', '"servise_name"');
    return refusedWhole(text, 'schema_violation', true);
  }
  if (mood === 'beyond') {
    return { ...refusedWhole('{"key":"three times what a letter may hold"', 'malformed_json', true), key: hugeKey };
  }
  if (mood === 'huge') {
    return hugeTelemetry(sample(0), random);
  }
  if (mood === 'malformed' || random.chance(0.03)) {
    const [code, value] = badTelemetry(sample(0), random);
    return refusedWhole(value, code);
  }
  if (random.chance(0.3)) {
    const alone = sample(0);
    return { value: Buffer.from(JSON.stringify(alone)), isGzipped: false, elements: [accepted(alone, undefined)] };
  }

  const elements: Element[] = [];
  const texts: string[] = [];
  const hasBadElements = random.chance(0.05);
  const length = random.integer(10, 40);
  for (let place = 0; place < length; place += 1) {
    const one = sample(place);
    if (hasBadElements && random.chance(0.2)) {
      const [code, text] = random.pick(BAD_ELEMENTS)(one);
      texts.push(text);
      elements.push({ place, refused: { code, stage: 'ingest', bytes: Buffer.from(text) } });
    } else {
      texts.push(JSON.stringify(one));
      elements.push(accepted(one, place));
    }
  }
  return { value: Buffer.from(`[${texts.join(',')}]`), isGzipped: false, elements };
}

const accepted = (sample: Sample, place: number | undefined): Element => ({
  place,
  sample,
  ...(sample.host === POISON_HOST ? { isPoison: true } : {}),
});

/** Valid JSON, so that the neighbours in an array survive. */
const BAD_ELEMENTS: readonly ((sample: Sample) => [code: string, text: string])[] = [
  (sample) => ['schema_violation', JSON.stringify({ ...sample, metric_value: 'high' })],
  (sample) => ['schema_violation', JSON.stringify({ ...sample, service_name: undefined })],
  (sample) => ['schema_violation', JSON.stringify({ ...sample, time: '2026-02-30T00:00:00Z' })],
  () => ['schema_violation', '17'],
  (sample) => ['value_out_of_range', JSON.stringify(sample).replace(/"metric_value":[^,]+/, '"metric_value":1e400')],
  (sample) => ['value_out_of_range', JSON.stringify({ ...sample, metric_value: 1e101 })],
  (sample) => ['invalid_text', JSON.stringify({ ...sample, metric_name: 'a\0b' })],
  (sample) => ['invalid_text', JSON.stringify({ ...sample, tags: { '\ud800': 1 } })],
  (sample) => ['time_out_of_range', JSON.stringify({ ...sample, time: '1999-12-31T23:59:59Z' })],
  (sample) => ['too_old', JSON.stringify({ ...sample, time: '2001-01-01T00:00:00+01:00' })],
  (sample) => ['too_deep', JSON.stringify({ ...sample, tags: nested(40) })],
];

function badTelemetry(sample: Sample, random: Random): [code: string, value: string | Buffer | null] {
  const text = JSON.stringify(sample);
  const choices: readonly (() => [string, string | Buffer | null])[] = [
    () => ['malformed_json', text.slice(0, -random.integer(1, text.length - 1))],
    () => ['malformed_json', null],
    () => ['malformed_json', Buffer.alloc(0)],
    () => ['malformed_json', text.replace(/"metric_value":[^,]+/, '"metric_value":NaN')],
    () => ['invalid_text', Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xc3, 0x28, 0x7d])])],
    () => ['schema_violation', '[]'],
    () => ['schema_violation', `[${Array<string>(1001).fill('1').join(',')}]`],
    () => ['schema_violation', '"text"'],
    () => ['schema_violation', '{"__proto__":{"service_name":"x"},"constructor":1}'],
    ...BAD_ELEMENTS.map((make) => () => make(sample)),
  ];
  return random.pick(choices)();
}

/** Just below the limit, and one byte above it: white space keeps it one small sample. */
function hugeTelemetry(sample: Sample, random: Random): GeneratedRecord {
  const text = JSON.stringify(sample);
  const bytes = random.chance(0.5) ? TELEMETRY_LIMIT : TELEMETRY_LIMIT + 1;
  const padded = Buffer.from(`${text}${' '.repeat(bytes - Buffer.byteLength(text))}`);
  return bytes > TELEMETRY_LIMIT
    ? refusedWhole(padded, 'too_large', true)
    : { value: padded, isGzipped: true, elements: [accepted(sample, undefined)] };
}
