import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inspectionEventSchema, type InspectionEvent } from '@chip/contracts';
import { TestKafka, waitFor } from '@chip/testing';
import { readTopic } from './read-topic.ts';
import { RunningCommand } from './run-command.ts';

const kafka = TestKafka.forFile();
let topic: string;
let folder: string;
const running: RunningCommand[] = [];

const replay = (args: readonly string[], env = {}): RunningCommand => {
  const command = new RunningCommand('replay', [...args, '--publish-to', topic], env);
  running.push(command);
  return command;
};
const file = async (name: string, content: string | Buffer): Promise<string> => {
  await writeFile(path.join(folder, name), content);
  return path.join(folder, name);
};
/** A count from the printed summary. */
const counted = (command: RunningCommand, name: string): number =>
  Number(new RegExp(`${name}[^\\n]*?([\\d,]+)\\n`).exec(command.stdout)?.[1]?.replaceAll(',', ''));

beforeEach(async () => {
  topic = await kafka.topic(3);
  folder = await mkdtemp(path.join(tmpdir(), 'replay-'));
});
afterEach(async () => {
  for (const { process } of running.splice(0)) {
    process.kill('SIGKILL');
  }
  await rm(folder, { recursive: true });
});

describe('replay secom', () => {
  const runs = 120;
  async function dataSet(disagreeAt?: number): Promise<void> {
    const labels: string[] = [];
    const sensors = ['run,timestamp,label,s000,s001,s590'];
    for (let run = 1; run <= runs; run++) {
      const time = new Date(Date.UTC(2008, 6, 19, 11, run * 30)).toISOString();
      const [year, month, day] = time.slice(0, 10).split('-');
      const label = run % 10 === 0 ? '1' : '-1';
      labels.push(`${label} "${day}/${month}/${year} ${time.slice(11, 19)}"`);
      sensors.push(
        `${run},${time.slice(0, 19)},${run === disagreeAt ? '0' : label},${run},${run % 7 === 0 ? '' : run / 8},-1`,
      );
    }
    await file('secom_labels.data', labels.join('\r\n'));
    await file('secom_sensors.csv.gz', gzipSync(sensors.join('\n')));
  }

  it('publishes every run once, and the same events when it is replayed', async () => {
    await dataSet();
    const first = replay(['secom', folder]);
    expect(await first.ended()).toBe(0);
    expect(counted(first, 'records read')).toBe(runs);
    expect(counted(first, 'events acknowledged')).toBe(runs);
    expect(counted(first, 'with measurements')).toBe(3 * runs);
    const once = await readTopic(kafka, topic);
    expect(await replay(['secom', folder]).ended()).toBe(0);
    const twice = await readTopic(kafka, topic);
    expect(once.length).toBe(runs);
    expect(twice.length).toBe(2 * runs);
    expect(new Set(twice.map(({ value }) => value))).toEqual(new Set(once.map(({ value }) => value)));
    const events = once.map(({ value }) => JSON.parse(value) as InspectionEvent);
    expect(events.filter((event) => !inspectionEventSchema.safeParse(event).success)).toEqual([]);
    expect(new Set(events.map((event) => event.event_id)).size).toBe(runs);
    expect(once.filter(({ key, value }) => (JSON.parse(value) as InspectionEvent).lot_id !== key)).toEqual([]);
  });

  it('publishes nothing at all when the files disagree anywhere', async () => {
    await dataSet(runs);
    const command = replay(['secom', folder]);
    expect(await command.ended()).toBe(1);
    expect(command.stderr).toContain(`secom_sensors.csv.gz, line ${runs + 1}: the label is 0`);
    expect(await readTopic(kafka, topic)).toEqual([]);
  });

  it('says what is missing or damaged', async () => {
    const missing = replay(['secom', folder]);
    expect(await missing.ended()).toBe(1);
    expect(missing.stderr).toContain('secom_labels.data: there is no such file');
    await dataSet();
    await file('secom_sensors.csv.gz', gzipSync('run,timestamp,label,s000\n'.repeat(99)).subarray(0, 30));
    const damaged = replay(['secom', folder]);
    expect(await damaged.ended()).toBe(1);
    expect(damaged.stderr).toContain('its gzip data end too early');
  });
});

describe('replay csv', () => {
  const header = 'when,machine,reading';
  const map = [
    '--map',
    'time=when,host=machine,metric_value=reading',
    '--const',
    'service_name=etch',
    '--const',
    'metric_name=flow',
  ];
  const rows = (count: number, from = 0): string[] =>
    Array.from(
      { length: count },
      (_, index) => `2026-03-14T09:${String(index % 60).padStart(2, '0')}:00Z,m${index % 5},${from + index}`,
    );

  it('publishes the good rows of a gzip file, names the bad ones, and fails unless asked otherwise', async () => {
    const lines = [header, ...rows(1000)];
    lines[10] = 'yesterday,m1,5';
    lines[500] = '2026-03-14T09:00:00Z,m1,broken';
    lines[700] = '"never closed,m1,5';
    const data = await file('samples.csv.gz', gzipSync(lines.join('\r\n')));
    const command = replay(['csv', data, ...map, '--array-size', '50']);
    expect(await command.ended()).toBe(1);
    expect(command.stderr).toContain('line 11: time: got "yesterday"');
    expect(command.stderr).toContain('line 501: metric_value: got "broken", expected a number');
    expect(command.stderr).toContain('line 701: a quote is opened and never closed');
    expect(counted(command, 'records read')).toBe(1000);
    expect(counted(command, 'skipped')).toBe(3);
    expect(counted(command, 'events acknowledged')).toBe(997);

    const records = await readTopic(kafka, topic);
    const samples = records.flatMap(({ value }) => JSON.parse(value) as { metric_value: number }[]);
    expect(new Set(samples.map((sample) => sample.metric_value)).size).toBe(997);
    expect(new Set(records.map(({ key }) => key))).toEqual(new Set(['m0', 'm1', 'm2', 'm3', 'm4']));
    expect(await replay(['csv', data, ...map, '--skip-bad', '--dry-run']).ended()).toBe(0);
    expect((await readTopic(kafka, topic)).length).toBe(records.length);
  });

  it('gives inspection rows without ids the same ids on every replay', async () => {
    const text = [
      'lot_id,chip_id,inspection_type,P/F,occurred_at',
      'L1,C1,visual,P,2026-03-14T09:26:53Z',
      'L1,C2,visual,F,2026-03-14T09:26:54Z',
    ];
    const data = await file('results.csv', text.join('\n'));
    const args = ['csv', data, '--map', 'result=P/F', '--values', 'result:P=pass,F=fail'];
    expect(await replay(args).ended()).toBe(0);
    expect(await replay(args).ended()).toBe(0);
    const records = await readTopic(kafka, topic);
    expect(records.length).toBe(4);
    expect(new Set(records.map(({ value }) => value)).size).toBe(2);
  });

  it('shows the first events in a dry run and publishes nothing, without a broker', async () => {
    const data = await file('samples.csv', [header, ...rows(10)].join('\n'));
    const command = replay(['csv', data, ...map, '--dry-run'], { KAFKA_BROKERS: '' });
    expect(await command.ended()).toBe(0);
    expect(command.stdout.match(/"metric_name": "flow"/g)).toHaveLength(3);
    expect(counted(command, 'records read')).toBe(10);
    expect(await readTopic(kafka, topic)).toEqual([]);
  });

  it('reads a file of any size in little memory', async () => {
    const block = `${rows(60_000).join('\n')}\n`;
    const data = await file('large.csv', `${header}\n${block.repeat(5)}`);
    const command = replay(['csv', data, ...map, '--dry-run'], { NODE_OPTIONS: '--max-old-space-size=32' });
    expect(await command.ended()).toBe(0);
    expect(counted(command, 'records read')).toBe(300_000);
  });

  it('says how far it got when it is interrupted, as npm passes a Ctrl-C on: twice', async () => {
    const data = await file('large.csv', `${header}\n${`${rows(60_000).join('\n')}\n`.repeat(10)}`);
    const command = replay(['csv', data, ...map]);
    await waitFor(async () => (await kafka.admin.fetchTopicOffsets(topic)).some(({ high }) => Number(high) > 0));
    command.process.kill('SIGINT');
    await waitFor(() => command.stderr.includes('stopping'));
    command.process.kill('SIGINT');
    expect(await command.ended()).toBe(130);
    expect(counted(command, 'events acknowledged')).toBeGreaterThan(0);
  });

  it('refuses what it cannot understand', async () => {
    const data = await file('samples.csv', [header, ...rows(1)].join('\n'));
    const cases: [string[], number, string][] = [
      [['stdf', data], 2, 'unknown format "stdf"; known formats: secom, csv'],
      [['csv', path.join(folder, 'none.csv')], 1, 'none.csv: there is no such file'],
      [['csv', folder], 1, 'it is a folder'],
      [['csv', await file('empty.csv', '')], 1, 'empty.csv is empty'],
      [['csv', data, '--map', 'time=Zeit'], 1, 'there is no column "Zeit"; the header has: when, machine, reading'],
      [['csv', data, '--map-file', path.join(folder, 'no.json')], 1, 'cannot read'],
      [['csv', data, '--topic', 'other'], 1, 'Allowed choices are'],
      [['csv', data, ...map, '--wait'], 1, '--wait needs QUERY_URL'],
    ];
    for (const [args, code, message] of cases) {
      const command = replay(args, { QUERY_URL: '' });
      expect(await command.ended()).toBe(code);
      expect(command.stderr).toContain(message);
    }
    expect(await readTopic(kafka, topic)).toEqual([]);
  });
});

describe('replay --wait', () => {
  let server: Server;
  let url: string;
  /** What the pipeline has applied of each partition, moving by one at every look. */
  let applied: number;
  /** Without it the service refuses to answer. */
  let key: string | undefined;
  let listed: string;
  beforeEach(async () => {
    [applied, key, listed] = [0, undefined, topic];
    server = createServer(({ headers }, response) => {
      if (key !== undefined && headers.authorization !== `Bearer ${key}`) {
        response.writeHead(401).end();
        return;
      }
      applied++;
      const partitions = [0, 1, 2].map((partition) => ({
        topic: listed,
        partition,
        next_offset: applied,
        state: 'running',
      }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ partitions }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const args = async (): Promise<string[]> => {
    const lines = Array.from({ length: 30 }, (_, index) => `2026-03-14T09:26:53Z,etch,flow,${index},m${index % 9}`);
    const data = await file('samples.csv', ['time,service_name,metric_name,metric_value,host', ...lines].join('\n'));
    return ['csv', data, '--array-size', '5', '--wait'];
  };

  it('returns when every partition has passed what was published', async () => {
    const command = replay(await args(), { QUERY_URL: url });
    expect(await command.ended()).toBe(0);
    const offsets = await kafka.admin.fetchTopicOffsets(topic);
    expect(applied).toBe(Math.max(...offsets.map(({ high }) => Number(high))));
    expect(command.stdout).toContain('stored by the pipeline');
    expect(command.stdout).toContain(`curl '${url}/v1/telemetry/summary?metric_name=flow`);
  });

  it('shows QUERY_KEY to a service with access control, and does not wait for one that refuses it', async () => {
    key = 'chip_0123456789_key';
    const allowed = replay(await args(), { QUERY_URL: url, QUERY_KEY: key });
    expect(await allowed.ended()).toBe(0);
    const refused = replay(await args(), { QUERY_URL: url, QUERY_KEY: 'another' });
    expect(await refused.ended()).toBe(1);
    expect(refused.stderr).toContain(`${url}/v1/pipeline answers 401; set QUERY_KEY`);
    expect(refused.stdout).toBe('');
  });

  it('says before it publishes that the pipeline does not read the topic', async () => {
    listed = 'another';
    const command = replay(await args(), { QUERY_URL: url });
    expect(await command.ended()).toBe(1);
    expect(command.stderr).toContain(
      `the pipeline of ${url} does not read the topic ${topic}, only telemetry.samples.v1`,
    );
    expect(await readTopic(kafka, topic)).toEqual([]);
  });

  it('explains after the given time who is behind', async () => {
    server.close();
    server.closeAllConnections();
    const command = replay([...(await args()), '--wait-timeout', '1'], { QUERY_URL: url });
    expect(await command.ended()).toBe(1);
    expect(command.stderr).toContain(`cannot check the pipeline yet, publishing anyway: ${url}`);
    expect(command.stdout).toContain(`not stored after 1 s: ${url}/v1/pipeline does not answer`);
  });
});
