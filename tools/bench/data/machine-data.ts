/**
 * Synthetic backlogs. Content is a pure function of the record's number, so that every run loads the same rows. Only
 * the times follow the clock, because samples older than the retention would be refused.
 */
import { createHash } from 'node:crypto';

interface BacklogRecord {
  readonly key: string;
  readonly value: string;
}

export interface Backlog {
  readonly topic: 'telemetry.samples.v1' | 'inspection.results.v1';
  readonly records: number;
  /** Samples or events: the writer's count of applied elements. */
  readonly elements: number;
  /** Rows of `table` afterwards. */
  readonly rows: number;
  readonly table: 'system_metrics' | 'measurements';
  /** Where the pipeline puts them. */
  readonly storedIn: 'system_metrics' | 'measurement_values';
  /** Where the raw copy puts the same rows one by one, whatever form the pipeline stores them in. */
  readonly plainTable: 'system_metrics' | 'measurement_rows';
  /** The record with a number from 0 to `records` (exclusive). */
  readonly record: (number: number) => BacklogRecord;
}

const METRICS = [
  'chamber_pressure_pa',
  'chuck_temperature_c',
  'rf_forward_power_w',
  'rf_reflected_power_w',
  'gas_flow_cf4_sccm',
  'gas_flow_o2_sccm',
  'helium_backside_pa',
  'endpoint_intensity',
  'throttle_position',
  'vibration_rms_um',
];
const HOSTS = 200;
const TICK_MS = 5_000;
const DAY_MS = 86_400_000;

/** Spreads numbers over 0..1 without repeating soon: multiples of the golden ratio. */
const spread = (number: number): number => (number * 0.618_033_988_749_895) % 1;

const pad = (number: number, width: number): string => String(number).padStart(width, '0');

function sample(host: number, metric: number, tick: number, startMs: number): string {
  const number = (tick * HOSTS + host) * METRICS.length + metric;
  return JSON.stringify({
    time: new Date(startMs + tick * TICK_MS + host).toISOString(),
    service_name: `etcher-${pad(host, 3)}`,
    metric_name: METRICS[metric],
    metric_value: Number((1 + spread(number) * 400).toFixed(4)),
    tags: { step: `etch-${tick % 12}`, side: host % 2 },
    host: `tool-${pad(host, 3)}.fab1`,
  });
}

/** At every tick each host measures each metric. An array record holds several ticks of one host. */
export function telemetryBacklog(samples: number, samplesPerRecord: number, nowMs: number): Backlog {
  const records = Math.ceil(samples / samplesPerRecord);
  const ticksPerRecord = samplesPerRecord / METRICS.length;
  const ticks = Math.ceil(samples / (HOSTS * METRICS.length)) + ticksPerRecord;
  const startMs = nowMs - Math.ceil(ticks) * TICK_MS;
  const single = (number: number): BacklogRecord => {
    const host = Math.floor(number / METRICS.length) % HOSTS;
    const tick = Math.floor(number / (METRICS.length * HOSTS));
    return { key: `tool-${pad(host, 3)}`, value: sample(host, number % METRICS.length, tick, startMs) };
  };
  const array = (number: number): BacklogRecord => {
    const host = number % HOSTS;
    const firstTick = Math.floor(number / HOSTS) * ticksPerRecord;
    const length = Math.min(samplesPerRecord, samples - number * samplesPerRecord);
    const values = Array.from({ length }, (_, i) =>
      sample(host, i % METRICS.length, firstTick + Math.floor(i / METRICS.length), startMs),
    );
    return { key: `tool-${pad(host, 3)}`, value: `[${values.join(',')}]` };
  };
  return {
    topic: 'telemetry.samples.v1',
    records,
    elements: samples,
    rows: samples,
    table: 'system_metrics',
    storedIn: 'system_metrics',
    plainTable: 'system_metrics',
    record: samplesPerRecord === 1 ? single : array,
  };
}

const uuidOf = (number: number): string => {
  const hex = createHash('md5').update(String(number)).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

/** Number of events that name the same lot. */
const CHIPS_PER_LOT = 500;
const CHIPS_PER_WAFER = 20;
/** Share of values in long vectors that a machine reports as not measured. */
const NULL_SHARE = 0.045;

/**
 * Completed inspections with a vector of measurements each. Long vectors are bare names and values, as process monitors
 * send them; short ones carry unit and limits, as testers do.
 *
 * @param historyMs how far back the events reach
 */
export function inspectionBacklog(
  events: number,
  measurements: number,
  nowMs: number,
  historyMs = 20 * DAY_MS,
): Backlog {
  const isTester = measurements < 100;
  const vector = (event: number) =>
    Array.from({ length: measurements }, (_, i) => {
      const share = spread(event * measurements + i);
      return isTester
        ? { name: `vth_${pad(i, 2)}`, value: Number(share.toFixed(5)), unit: 'V', lower_limit: 0, upper_limit: 0.98 }
        : { name: `feature_${pad(i, 3)}`, value: share < NULL_SHARE ? null : Number((share * 3000).toFixed(4)) };
    });
  const record = (event: number): BacklogRecord => {
    const lot = `L${pad(Math.floor(event / CHIPS_PER_LOT), 5)}`;
    const chip = event % CHIPS_PER_LOT;
    const isBad = spread(event) < 0.066;
    return {
      key: lot,
      value: JSON.stringify({
        event_id: uuidOf(event),
        site: 'fab1',
        lot_id: lot,
        chip_id: `${lot}-${pad(chip, 3)}`,
        inspection_type: isTester ? 'electrical' : 'functional',
        status: 'completed',
        result: isBad ? 'fail' : 'pass',
        occurred_at: new Date(nowMs - historyMs + Math.floor((event / events) * historyMs)).toISOString(),
        equipment_id: `tester-${event % 12}`,
        product: `P${Math.floor(event / CHIPS_PER_LOT) % 5}`,
        recipe: 'wafer-sort',
        wafer_id: pad(Math.floor(chip / CHIPS_PER_WAFER), 2),
        die_x: chip % 5,
        die_y: Math.floor((chip % CHIPS_PER_WAFER) / 5),
        hard_bin: isBad ? 7 : 1,
        measurements: vector(event),
      }),
    };
  };
  return {
    topic: 'inspection.results.v1',
    records: events,
    elements: events,
    rows: events * measurements,
    table: 'measurements',
    storedIn: 'measurement_values',
    plainTable: 'measurement_rows',
    record,
  };
}
