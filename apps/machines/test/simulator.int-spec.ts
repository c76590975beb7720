import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inspectionEventSchema, telemetrySampleSchema, type InspectionEvent } from '@chip/contracts';
import { freePort, TestKafka, waitFor } from '@chip/testing';
import { readTopic, type StoredRecord } from './read-topic.ts';
import { RunningCommand } from './run-command.ts';

const kafka = TestKafka.forFile();
let telemetryTopic: string;
let inspectionTopic: string;
const running: RunningCommand[] = [];

const simulator = (args: readonly string[], env = {}): RunningCommand => {
  const topics = ['--telemetry-topic', telemetryTopic, '--inspection-topic', inspectionTopic];
  const command = new RunningCommand('main', [...topics, ...args], env);
  running.push(command);
  return command;
};

const samplesOf = (records: readonly StoredRecord[]): { host: string }[] =>
  records.flatMap(({ value }) => JSON.parse(value) as { host: string } | { host: string }[]);
const totalsOf = (command: RunningCommand): Record<string, unknown> | undefined =>
  command.logged('simulator_totals')[0];
const refusedBy = (schema: typeof telemetrySampleSchema | typeof inspectionEventSchema, events: readonly unknown[]) =>
  events.filter((event) => !schema.safeParse(event).success);

beforeEach(async () => {
  telemetryTopic = await kafka.topic(8);
  inspectionTopic = await kafka.topic(8);
});
afterEach(() => {
  for (const { process } of running.splice(0)) {
    process.kill('SIGKILL');
  }
});

describe('simulator', () => {
  it('publishes a whole lot as a history and reports exactly what the topics hold', async () => {
    const command = simulator(['--once', '--lots', '1', '--rate', '40', '--array-size', '20']);
    expect(await command.ended()).toBe(0);

    const [samples, inspections] = [await readTopic(kafka, telemetryTopic), await readTopic(kafka, inspectionTopic)];
    const events = inspections.map(({ value }) => JSON.parse(value) as InspectionEvent);
    expect(totalsOf(command)).toMatchObject({
      finishedLots: 1,
      samples: samplesOf(samples).length,
      inspections: inspections.length,
      events: samplesOf(samples).length + inspections.length,
      measurements: events.reduce((sum, event) => sum + (event.measurements?.length ?? 0), 0),
      defects: events.reduce((sum, event) => sum + (event.defects?.length ?? 0), 0),
      records: { [telemetryTopic]: samples.length, [inspectionTopic]: inspections.length },
      repeatedRecords: 0,
    });
    expect(events.length).toBeGreaterThan(5_000);
    expect(samplesOf(samples).length).toBeGreaterThan(1_000);
    expect(refusedBy(inspectionEventSchema, events)).toEqual([]);
    expect(refusedBy(telemetrySampleSchema, samplesOf(samples))).toEqual([]);
    expect(events.filter((event) => Date.parse(event.occurred_at) > Date.now())).toEqual([]);
  });

  it('keys samples by host and inspections by lot, so that each stays in one partition', async () => {
    const command = simulator([
      '--once',
      '--duration',
      '20s',
      '--rate',
      '100',
      '--inspection-rate',
      '100',
      '--array-size',
      '7',
    ]);
    expect(await command.ended()).toBe(0);
    const [samples, inspections] = [await readTopic(kafka, telemetryTopic), await readTopic(kafka, inspectionTopic)];
    for (const { key, value } of samples) {
      const array = JSON.parse(value) as { host: string }[];
      expect(array.length).toBeLessThanOrEqual(7);
      expect(new Set(array.map(({ host }) => host))).toEqual(new Set([key]));
    }
    for (const { key, value } of inspections) {
      expect((JSON.parse(value) as InspectionEvent).lot_id).toBe(key);
    }
    for (const records of [samples, inspections]) {
      const byKey = Map.groupBy(records, ({ key }) => key);
      expect(byKey.size).toBeGreaterThan(1);
      for (const sameKey of byKey.values()) {
        expect(new Set(sameKey.map(({ partition }) => partition)).size).toBe(1);
      }
    }
  });

  it('follows the clock at the given rates until its duration is over', async () => {
    const command = simulator(['--duration', '3s', '--rate', '200', '--inspection-rate', '50', '--array-size', '1']);
    expect(await command.ended()).toBe(0);
    const samples = await readTopic(kafka, telemetryTopic);
    expect(samples.length).toBe(600);
    expect(Array.isArray(JSON.parse(samples[0]!.value))).toBe(false);
    const inspections = await readTopic(kafka, inspectionTopic);
    expect(inspections.length).toBeGreaterThan(130);
    expect(inspections.length).toBeLessThanOrEqual(151);
  });

  it('takes its options from the environment too', async () => {
    const command = simulator([], {
      SIMULATOR_ONCE: 'on',
      SIMULATOR_DURATION: '10s',
      SIMULATOR_RATE: '30',
      SIMULATOR_INSPECTION_RATE: '0',
    });
    expect(await command.ended()).toBe(0);
    expect(totalsOf(command)).toMatchObject({ samples: 300, inspections: 0 });
  });

  it('stops within seconds on SIGTERM, with totals that the topics confirm', async () => {
    const command = simulator(['--rate', '2000', '--inspection-rate', '500']);
    await waitFor(async () => {
      const offsets = await kafka.admin.fetchTopicOffsets(inspectionTopic);
      return offsets.some(({ high }) => Number(high) > 50);
    });
    const stoppedAt = performance.now();
    command.process.kill('SIGTERM');
    expect(await command.ended()).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(15_000);
    const totals = totalsOf(command);
    expect(totals?.['samples']).toBe(samplesOf(await readTopic(kafka, telemetryTopic)).length);
    expect(totals?.['inspections']).toBe((await readTopic(kafka, inspectionTopic)).length);
  });

  it('says that no broker answers, keeps trying, and still stops within seconds', async () => {
    const command = simulator([], { KAFKA_BROKERS: `127.0.0.1:${await freePort()}` });
    const warnings = await waitFor(
      () => command.logged('kafka_unavailable_retrying'),
      (lines) => lines.length > 0,
    );
    expect(warnings[0]).toMatchObject({ code: 'kafka_unavailable' });
    command.process.kill('SIGTERM');
    const stoppedAt = performance.now();
    expect(await command.ended()).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(15_000);
    expect(totalsOf(command)).toMatchObject({ events: 0 });
  });

  it('refuses senseless options and a missing broker address by name', async () => {
    const rate = simulator(['--rate', 'fast']);
    expect(await rate.ended()).toBe(1);
    expect(rate.stderr).toContain("option '--rate <n>' argument 'fast' is invalid");
    const nothing = simulator(['--rate', '0', '--inspection-rate', '0']);
    expect(await nothing.ended()).toBe(1);
    expect(nothing.stderr).toContain('nothing to publish');
    for (const history of [
      ['--inspection-rate', '0'],
      ['--inspection-rate', '1e-5'],
      ['--duration', '300000h'],
    ]) {
      const before2000 = simulator(['--once', ...history]);
      expect(await before2000.ended()).toBe(1);
      expect(before2000.stderr).toContain('would begin before 2000');
    }
    const brokers = simulator([], { KAFKA_BROKERS: '' });
    expect(await brokers.ended()).toBe(1);
    expect(brokers.stderr).toContain('KAFKA_BROKERS is required');
  });
});
