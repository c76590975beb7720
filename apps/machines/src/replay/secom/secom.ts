import { MAX_MEASUREMENTS, type InspectionEvent, type InspectionResult, type Measurement } from '@chip/contracts';
import { v5 } from 'uuid';
import { CsvReader } from '../csv/reader.ts';
import { parseDecimal } from '../../decimal.ts';
import { InputError } from '@chip/service';
import { timeReader } from '../time-format.ts';

/**
 * The SECOM data set (McCann and Johnston 2008, UCI Machine Learning Repository, doi:10.24432/C54305): runs of a real
 * semiconductor line with their sensor values and verdicts, as two files of one folder.
 */
export const SECOM_LABELS_FILE = 'secom_labels.data';
export const SECOM_SENSORS_FILE = 'secom_sensors.csv.gz';

/** Namespace of the event ids: the same run has the same id, however often it is published, and counts once. */
const EVENT_NAMESPACE = '2b0f6c1e-6d3a-5c57-9d0e-4f4f8a7c5e02';

const RESULTS: Readonly<Record<string, InspectionResult>> = { '-1': 'pass', '1': 'fail' };

export interface SecomLabel {
  readonly result: InspectionResult;
  /** RFC 3339; the file states no zone, so UTC is assumed. */
  readonly time: string;
}

/**
 * Reads `LABEL "DD/MM/YYYY HH:MM:SS"` lines; the n-th line is run n.
 * @throws InputError naming the line
 */
export function parseSecomLabels(text: string): SecomLabel[] {
  const readTime = timeReader('DD/MM/YYYY HH:mm:ss');
  const lines = text.split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') {
    lines.pop();
  }
  if (lines.length === 0) {
    throw new InputError(`${SECOM_LABELS_FILE} is empty`);
  }
  return lines.map((line, index) => {
    const [, label = '', timeText = ''] = /^(\S+)\s+"([^"]*)"\s*$/.exec(line) ?? [];
    const result = RESULTS[label];
    if (result === undefined) {
      throw refuse(SECOM_LABELS_FILE, index + 1, 'expected -1 (pass) or 1 (fail), then a time in double quotes');
    }
    const time = readTime?.(timeText);
    if (time === undefined) {
      throw refuse(SECOM_LABELS_FILE, index + 1, `"${timeText}" is not a time of the form DD/MM/YYYY HH:MM:SS`);
    }
    return { result, time };
  });
}

/**
 * One metrology inspection per run, with every sensor as a measurement; a missing value stays missing.
 * @param sensors the text of the sensors file: `run,timestamp,label`, then one column per sensor.
 * @throws InputError at the first line where the two files disagree or a value cannot be read
 */
export async function* secomInspections(
  labels: readonly SecomLabel[],
  sensors: AsyncIterable<string>,
): AsyncGenerator<InspectionEvent, void, void> {
  let names: readonly string[] | undefined;
  let run = 0;
  for await (const { line, cells } of sensorLines(sensors)) {
    if (names === undefined) {
      names = sensorNames(cells);
      continue;
    }
    run++;
    const label = labels[run - 1];
    if (label === undefined) {
      throw refuse(
        SECOM_SENSORS_FILE,
        line,
        `run ${run} has no line in ${SECOM_LABELS_FILE}, which has ${labels.length}`,
      );
    }
    yield toInspection(run, label, names, line, cells);
  }
  if (names === undefined) {
    throw new InputError(`${SECOM_SENSORS_FILE} is empty`);
  }
  if (run < labels.length) {
    throw refuse(SECOM_LABELS_FILE, run + 1, `run ${run + 1} is not in ${SECOM_SENSORS_FILE}, which has ${run} runs`);
  }
}

async function* sensorLines(text: AsyncIterable<string>): AsyncGenerator<{ line: number; cells: readonly string[] }> {
  const reader = new CsvReader(',');
  const complete = (records: ReturnType<CsvReader['push']>) =>
    records.map((record) => {
      if ('problem' in record) {
        throw refuse(SECOM_SENSORS_FILE, record.line, record.problem);
      }
      return record;
    });
  for await (const chunk of text) {
    yield* complete(reader.push(chunk));
  }
  yield* complete(reader.end());
}

function sensorNames(header: readonly string[]): readonly string[] {
  const [run, timestamp, label, ...names] = header;
  if (run !== 'run' || timestamp !== 'timestamp' || label !== 'label') {
    throw refuse(SECOM_SENSORS_FILE, 1, 'expected a header that begins with run,timestamp,label');
  }
  const odd = names.find((name, index) => !/^s\d+$/.test(name) || names.indexOf(name) !== index);
  if (odd !== undefined) {
    throw refuse(SECOM_SENSORS_FILE, 1, `column "${odd}" is not a sensor (s000, s001, ...) or occurs twice`);
  }
  if (names.length === 0 || names.length > MAX_MEASUREMENTS) {
    throw refuse(SECOM_SENSORS_FILE, 1, `expected 1 to ${MAX_MEASUREMENTS} sensors, got ${names.length}`);
  }
  return names;
}

function toInspection(
  run: number,
  label: SecomLabel,
  names: readonly string[],
  line: number,
  cells: readonly string[],
): InspectionEvent {
  const [runText, timeText = '', labelText = '', ...values] = cells;
  const disagree = (what: string, here: string, there: string): InputError =>
    refuse(SECOM_SENSORS_FILE, line, `${what} is ${here}, but line ${run} of ${SECOM_LABELS_FILE} says ${there}`);
  if (values.length !== names.length) {
    throw refuse(SECOM_SENSORS_FILE, line, `expected ${names.length + 3} cells, got ${cells.length}`);
  }
  if (runText !== String(run)) {
    throw refuse(SECOM_SENSORS_FILE, line, `expected run ${run}, got "${runText}"`);
  }
  if (`${timeText}Z` !== label.time) {
    throw disagree('the time', timeText, label.time.slice(0, -1));
  }
  const result = RESULTS[labelText];
  if (result !== label.result) {
    throw disagree('the label', labelText, label.result === 'pass' ? '-1' : '1');
  }
  return {
    event_id: v5(`run/${run}`, EVENT_NAMESPACE),
    lot_id: `SECOM-${label.time.slice(0, 10)}`,
    chip_id: String(run),
    inspection_type: 'metrology',
    status: 'completed',
    result,
    occurred_at: label.time,
    product: 'SECOM',
    measurements: values.map((value, index): Measurement => {
      const name = names[index] ?? '';
      if (value === '' || value === 'NaN') {
        return { name, value: null };
      }
      const number = parseDecimal(value);
      if (number === undefined) {
        throw refuse(SECOM_SENSORS_FILE, line, `${name} is "${value}", expected a number`);
      }
      return { name, value: number };
    }),
  };
}

const refuse = (file: string, line: number, reason: string): InputError =>
  new InputError(`${file}, line ${line}: ${reason}`);
