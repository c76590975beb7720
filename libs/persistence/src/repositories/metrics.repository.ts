import type { EntityManager } from '@mikro-orm/postgresql';
import { parseTimestamptz } from '../connection/pg-values.ts';

export interface MetricsQuestion {
  metric_name: string;
  /** RFC 3339; from inclusive, to exclusive, on the buckets' begin. */
  from: string;
  to: string;
  service_name?: string;
  host?: string;
}

export interface MetricsSummary {
  service_name: string;
  avg_value: number;
  min_value: number;
  max_value: number;
  sample_count: number;
}

export interface MetricsPoint extends Omit<MetricsSummary, 'service_name'> {
  bucket: string;
}

const CONDITIONS = `metric_name = ? AND bucket >= ?::timestamptz AND bucket < ?::timestamptz
  AND (?::text IS NULL OR service_name = ?) AND (?::text IS NULL OR host = ?)`;
/** Weighted by the number of samples: an average of averages is wrong when the hours differ in them. */
const FIGURES = `sum(sum_value) / sum(sample_count)::float8 AS avg_value, min(min_value) AS min_value, max(max_value) AS max_value,
  sum(sample_count)::float8 AS sample_count`;

const parametersOf = ({ metric_name, from, to, service_name, host }: MetricsQuestion): (string | null)[] => {
  const [service, machine] = [service_name ?? null, host ?? null];
  return [metric_name, from, to, service, service, machine, machine];
};

/** Telemetry from the roll-ups; both editions have them under the same names. */
export class MetricsRepository {
  constructor(private readonly em: EntityManager) {}

  /** One row per service, the greatest average first. */
  async summary(question: MetricsQuestion): Promise<MetricsSummary[]> {
    return this.em.execute<MetricsSummary[]>(
      `SELECT service_name, ${FIGURES} FROM metrics_hourly WHERE ${CONDITIONS} GROUP BY service_name ORDER BY avg_value DESC, service_name`,
      parametersOf(question),
    );
  }

  /** One point per bucket in which there are samples. */
  async series(question: MetricsQuestion, resolution: 'hourly' | 'daily'): Promise<MetricsPoint[]> {
    const table = resolution === 'hourly' ? 'metrics_hourly' : 'metrics_daily';
    const points = await this.em.execute<MetricsPoint[]>(
      `SELECT bucket, ${FIGURES} FROM ${table} WHERE ${CONDITIONS} GROUP BY bucket ORDER BY bucket`,
      parametersOf(question),
    );
    return points.map((point) => ({ ...point, bucket: parseTimestamptz(point.bucket) }));
  }
}
