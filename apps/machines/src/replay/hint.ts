import { INSPECTION, type InspectionEvent, type MachineTopic, type TelemetrySample } from '@chip/contracts';

/** Commands that show what was published, for the servers that the environment names. */
export function nextQueries(
  env: Readonly<Record<string, string | undefined>>,
  topic: MachineTopic,
  samples: readonly (TelemetrySample | InspectionEvent)[],
): string[] {
  const [first] = samples;
  if (first === undefined) {
    return [];
  }
  const { QUERY_URL: queryUrl, DATABASE_URL: databaseUrl } = env;
  const lines: string[] = [];
  if (queryUrl) {
    lines.push(`curl '${queryUrl}${topic === INSPECTION.source ? yieldRoute(first) : summaryRoute(first)}'`);
  }
  if (databaseUrl) {
    const table = topic === INSPECTION.source ? 'inspections' : 'system_metrics';
    // The variable's name, not its value: the address contains a password.
    lines.push(`psql "$DATABASE_URL" -c 'SELECT count(*) FROM ${table}'`);
  }
  return lines;
}

function yieldRoute(event: TelemetrySample | InspectionEvent): string {
  const year = Number(String((event as InspectionEvent).occurred_at).slice(0, 4));
  return `/v1/yield?${range(`${year}-01-01T00:00:00Z`, `${year + 1}-01-01T00:00:00Z`)}&group_by=month`;
}

function summaryRoute(event: TelemetrySample | InspectionEvent): string {
  const { time, metric_name: metric } = event as TelemetrySample;
  const fromMs = Math.floor(Date.parse(time) / 86_400_000) * 86_400_000;
  const day = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
  return `/v1/telemetry/summary?metric_name=${encodeURIComponent(metric)}&${range(day(fromMs), day(fromMs + 86_400_000))}`;
}

const range = (from: string, to: string): string => `from=${from}&to=${to}`;
