import { describe, expect, it } from '@jest/globals';
import { inspectionEventSchema, type InspectionEvent } from '@chip/contracts';
import { parseSecomLabels, secomInspections } from './secom.ts';

const LABELS = '-1 "19/07/2008 11:55:00"\r\n1 "19/07/2008 12:32:00"\r\n-1 "20/07/2008 00:01:00"\r\n';
const SENSORS = [
  'run,timestamp,label,s000,s001,s012',
  '1,2008-07-19T11:55:00,-1,3030.93,2564.0,-0.5',
  '2,2008-07-19T12:32:00,1,3095.78,,1e-3',
  '3,2008-07-20T00:01:00,-1,NaN,2559.94,0',
];

async function replay(labels: string, sensors: string): Promise<InspectionEvent[]> {
  async function* text() {
    // In small pieces, as a stream may deliver it.
    for (let at = 0; at < sensors.length; at += 7) {
      yield sensors.slice(at, at + 7);
    }
  }
  const events: InspectionEvent[] = [];
  for await (const event of secomInspections(parseSecomLabels(labels), text())) {
    events.push(event);
  }
  return events;
}
const withLine = (line: number, text: string): string => SENSORS.with(line - 1, text).join('\n');

describe('SECOM', () => {
  it('makes one metrology inspection per run, one lot per day, with every sensor as a measurement', async () => {
    const events = await replay(LABELS, SENSORS.join('\n'));
    expect(events).toEqual([
      expect.objectContaining({
        lot_id: 'SECOM-2008-07-19',
        chip_id: '1',
        inspection_type: 'metrology',
        status: 'completed',
        result: 'pass',
        occurred_at: '2008-07-19T11:55:00Z',
        measurements: [
          { name: 's000', value: 3030.93 },
          { name: 's001', value: 2564 },
          { name: 's012', value: -0.5 },
        ],
      }),
      expect.objectContaining({ lot_id: 'SECOM-2008-07-19', chip_id: '2', result: 'fail' }),
      expect.objectContaining({ lot_id: 'SECOM-2008-07-20', chip_id: '3', result: 'pass' }),
    ]);
    for (const event of events) {
      expect(inspectionEventSchema.safeParse(event).error?.issues).toBeUndefined();
    }
  });

  it('keeps a missing value missing', async () => {
    const events = await replay(LABELS, SENSORS.join('\n'));
    expect(events[1]?.measurements?.[1]).toEqual({ name: 's001', value: null });
    expect(events[2]?.measurements?.[0]).toEqual({ name: 's000', value: null });
  });

  it('gives a run the same event on every replay', async () => {
    const [first, again] = [await replay(LABELS, SENSORS.join('\n')), await replay(LABELS, SENSORS.join('\r\n'))];
    expect(again).toEqual(first);
    expect(new Set(first.map((event) => event.event_id)).size).toBe(3);
    expect(first[0]?.event_id).toBe('1bed466d-5650-5879-8c76-a425320bade2');
  });

  it.each([
    ['31/02/2008 11:55:00', '"31/02/2008 11:55:00" is not a time of the form DD/MM/YYYY HH:MM:SS'],
    ['2008-07-19 11:55:00', '"2008-07-19 11:55:00" is not a time of the form DD/MM/YYYY HH:MM:SS'],
  ])('refuses the date %s in the labels and names the line', (time, message) => {
    expect(() => parseSecomLabels(`-1 "19/07/2008 11:55:00"\n1 "${time}"\n`)).toThrow(
      `secom_labels.data, line 2: ${message}`,
    );
  });

  it.each(['0 "19/07/2008 11:55:00"', '-1 19/07/2008', '-1', 'x'])('refuses the label line %s', (line) => {
    expect(() => parseSecomLabels(`${line}\n`)).toThrow('secom_labels.data, line 1: expected -1 (pass) or 1 (fail)');
  });

  it('refuses empty files', async () => {
    expect(() => parseSecomLabels('\n\n')).toThrow('secom_labels.data is empty');
    await expect(replay(LABELS, '')).rejects.toThrow('secom_sensors.csv.gz is empty');
  });

  it.each([
    [
      'another verdict',
      withLine(3, '2,2008-07-19T12:32:00,-1,3095.78,,1e-3'),
      'secom_sensors.csv.gz, line 3: the label is -1, but line 2 of secom_labels.data says 1',
    ],
    [
      'another time',
      withLine(2, '1,2008-07-19T11:56:00,-1,3030.93,2564.0,-0.5'),
      'secom_sensors.csv.gz, line 2: the time is 2008-07-19T11:56:00, but line 1 of secom_labels.data says 2008-07-19T11:55:00',
    ],
    [
      'a run out of order',
      withLine(3, '3,2008-07-19T12:32:00,1,3095.78,,1e-3'),
      'secom_sensors.csv.gz, line 3: expected run 2, got "3"',
    ],
    [
      'a run without label',
      [...SENSORS, '4,2008-07-20T00:02:00,-1,1,2,3'].join('\n'),
      'secom_sensors.csv.gz, line 5: run 4 has no line in secom_labels.data, which has 3',
    ],
    [
      'a label without run',
      SENSORS.slice(0, 3).join('\n'),
      'secom_labels.data, line 3: run 3 is not in secom_sensors.csv.gz, which has 2 runs',
    ],
    [
      'a missing cell',
      withLine(4, '3,2008-07-20T00:01:00,-1,NaN,2559.94'),
      'secom_sensors.csv.gz, line 4: expected 6 cells, got 5',
    ],
    [
      'a value that is not a number',
      withLine(2, '1,2008-07-19T11:55:00,-1,3030.93,off,-0.5'),
      'secom_sensors.csv.gz, line 2: s001 is "off", expected a number',
    ],
    [
      'another header',
      withLine(1, 'run,time,label,s000,s001,s012'),
      'secom_sensors.csv.gz, line 1: expected a header that begins with run,timestamp,label',
    ],
    [
      'a sensor twice',
      withLine(1, 'run,timestamp,label,s000,s001,s001'),
      'secom_sensors.csv.gz, line 1: column "s001" is not a sensor (s000, s001, ...) or occurs twice',
    ],
  ])('refuses %s, naming file and line', async (_, sensors, message) => {
    await expect(replay(LABELS, sensors)).rejects.toThrow(message);
  });
});
