import { formatTime, type TelemetrySample } from '@chip/contracts';
import { EQUIPMENT, type Equipment, type EquipmentType } from './catalogue.ts';
import { Random } from './random.ts';

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly mean: number;
  readonly noise: number;
  /** Amplitude of the daily swing: the clean room warms and the load grows towards the afternoon (UTC). */
  readonly daily: number;
  /** For values that cannot be negative and have a long tail (latencies, vibration). */
  readonly skewed?: boolean;
}

const COMMON: readonly Metric[] = [
  { name: 'temperature', unit: 'degC', mean: 22.4, noise: 0.08, daily: 0.6 },
  { name: 'vibration', unit: 'mm/s', mean: 0.35, noise: 0.2, daily: 0.05, skewed: true },
  { name: 'power', unit: 'kW', mean: 4.8, noise: 0.15, daily: 0.9 },
  { name: 'response_time_ms', unit: 'ms', mean: 18, noise: 0.35, daily: 6, skewed: true },
];

const SPECIFIC: Readonly<Record<EquipmentType, readonly Metric[]>> = {
  'film-metrology': [{ name: 'lamp_intensity', unit: 'percent', mean: 92, noise: 0.4, daily: 0.2 }],
  'cd-sem': [
    { name: 'pressure', unit: 'mPa', mean: 0.21, noise: 0.15, daily: 0.01, skewed: true },
    { name: 'beam_current', unit: 'pA', mean: 8, noise: 0.05, daily: 0.1 },
  ],
  aoi: [{ name: 'illumination', unit: 'percent', mean: 88, noise: 0.5, daily: 0.3 }],
  prober: [
    { name: 'chuck_temperature', unit: 'degC', mean: 25, noise: 0.05, daily: 0.1 },
    { name: 'contact_resistance', unit: 'mOhm', mean: 310, noise: 0.06, daily: 4, skewed: true },
  ],
  'hot-prober': [{ name: 'chuck_temperature', unit: 'degC', mean: 125, noise: 0.12, daily: 0.2 }],
  handler: [{ name: 'pressure', unit: 'kPa', mean: 540, noise: 3, daily: 8 }],
};

interface Series {
  readonly equipment: Equipment;
  readonly metric: Metric;
  readonly host: string;
  readonly tags: Readonly<Record<string, string>>;
}

const SERIES: readonly [Series, ...Series[]] = EQUIPMENT.flatMap((equipment) =>
  [...COMMON, ...SPECIFIC[equipment.type]].map((metric): Series => ({
    equipment,
    metric,
    host: `${equipment.id.toLowerCase()}.fab`,
    tags: { equipment_id: equipment.id, equipment_type: equipment.type, unit: metric.unit },
  })),
) as [Series, ...Series[]];

const DAY_MS = 86_400_000;
/** Share of samples that a gateway holds back before it sends them. */
const LATE_SHARE = 0.0003;

/**
 * Telemetry of the fab's equipment. Sample n is a pure function of (seed, start, rate, n): while the broker stalls,
 * nothing is buffered; due samples are computed when they can be sent.
 */
export class EquipmentTelemetry {
  readonly #seed: Random;
  readonly #startMs: number;
  readonly #samplesPerSecond: number;

  constructor(options: { seed: string; startMs: number; samplesPerSecond: number }) {
    this.#seed = new Random(`${options.seed}/telemetry`);
    this.#startMs = options.startMs;
    this.#samplesPerSecond = options.samplesPerSecond;
  }

  /** Number of samples due until `nowMs`. */
  dueUntil(nowMs: number): number {
    if (this.#samplesPerSecond <= 0) {
      return 0;
    }
    return Math.max(0, Math.floor(((nowMs - this.#startMs) / 1000) * this.#samplesPerSecond));
  }

  sample(n: number): TelemetrySample {
    const random = Random.at(this.#seed, n);
    const { equipment, metric, host, tags } = SERIES[n % SERIES.length] ?? SERIES[0];
    let micros = Math.round(this.#startMs * 1000 + (n * 1_000_000) / this.#samplesPerSecond);
    if (random.chance(LATE_SHARE)) {
      micros -= random.integer(60, 1800) * 1_000_000;
    }
    const ms = micros / 1000;
    return {
      time: formatTime(micros),
      service_name: `${equipment.type}-controller`,
      metric_name: metric.name,
      metric_value: valueAt(ms, equipment, metric, random),
      host,
      tags: { ...tags },
    };
  }
}

function valueAt(ms: number, equipment: Equipment, metric: Metric, random: Random): number {
  // Highest at 15:00 UTC, lowest at 03:00.
  const swing = Math.sin(2 * Math.PI * ((ms % DAY_MS) / DAY_MS - 0.375)) * metric.daily;
  let mean = metric.mean + swing;
  // The faults that inspections show are also visible in the machine's own signals.
  if (equipment.fault === 'worn-probe-card' && metric.name === 'contact_resistance') {
    mean *= 2.1;
  }
  if (equipment.fault === 'scratching-chuck' && metric.name === 'vibration') {
    mean *= 3;
  }
  if (equipment.driftSigmaPerLot !== undefined && metric.name === 'temperature') {
    mean += 1.5 * ((ms % DAY_MS) / DAY_MS);
  }
  const value = metric.skewed ? mean * Math.exp(random.normal(0, metric.noise)) : random.normal(mean, metric.noise);
  return Number(value.toFixed(4));
}
