import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { loadConfig, serviceSchema } from '../config/config.ts';
import { leadingTrace, openTracing, traceparentOf } from './tracing.ts';

const RECORDED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const UNRECORDED = '00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-00';

describe('leadingTrace', () => {
  it.each<[string, string[], string | undefined]>([
    ['none', [], undefined],
    ['the first', [UNRECORDED, UNRECORDED.replace('4737', '4738')], UNRECORDED],
    ['the first that is recorded', [UNRECORDED, 'nonsense', RECORDED], RECORDED],
    ['none with an id of zeros', [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, RECORDED], RECORDED],
  ])('of several is %s', (_case, traceparents, expected) => {
    expect(leadingTrace(traceparents)).toBe(expected);
  });
});

describe('traceparentOf', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['is as given', RECORDED, RECORDED],
    ['loses unknown flags', `${RECORDED.slice(0, -2)}ff`, RECORDED],
    ['of a later version becomes version 00', `cc-${RECORDED.slice(3)}-${'x'.repeat(100_000)}`, RECORDED],
    ['is undefined with more after the flags', `${RECORDED}-${'x'.repeat(100_000)}`, undefined],
    ['is undefined for version ff', `ff-${RECORDED.slice(3)}`, undefined],
    ['is undefined without a span', `${RECORDED.slice(0, 36)}${'0'.repeat(16)}-01`, undefined],
    ['is undefined in capitals', RECORDED.toUpperCase(), undefined],
    ['is undefined if there is none', undefined, undefined],
  ])('%s', (_case, given, expected) => {
    expect(traceparentOf(given)).toBe(expected);
  });
});

describe('openTracing', () => {
  it('does nothing without a collector', async () => {
    expect(await openTracing(loadConfig(serviceSchema, {}), 'test')).toBeUndefined();
  });

  it('is the only way to the code of OpenTelemetry, which no file imports before it is needed', () => {
    const root = fileURLToPath(new URL('../../../..', import.meta.url));
    const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root });
    const importing = files.filter((file) =>
      /^(?:import|export) (?!type\b)[^;]*from '@opentelemetry/m.test(readFileSync(`${root}/${file}`, 'utf8')),
    );
    expect(files.length).toBeGreaterThan(200);
    expect(importing).toEqual([]);
  });

  it.each<[string | undefined, RegExp]>([
    [UNRECORDED, /^00-4bf92f3577b34da6a3ce929d0e0e4737-[\da-f]{16}-00$/],
    ['00-nonsense', /^00-(?!4bf92f)[\da-f]{32}-[\da-f]{16}-00$/],
    [undefined, /^00-[\da-f]{32}-[\da-f]{16}-00$/],
  ])('continues %s', async (parent, expected) => {
    // Nothing is recorded, so nothing is sent.
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1/', OTEL_TRACES_SAMPLER_ARG: '0' };
    const tracing = (await openTracing(loadConfig(serviceSchema, env), 'test'))!;
    const span = tracing.start({ name: 'test', kind: 'server', parent, links: [RECORDED, 'nonsense', RECORDED] });
    expect(span.traceparent).toMatch(expected);
    span.end({ done: true }, new Error('failed'));
    await tracing.shutdown();
  });
});
