import { Counter, Gauge, type Registry } from 'prom-client';

export function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    active: new Gauge({
      name: 'chip_maintenance_active',
      help: '1 in the one process that does the upkeep of the database',
      registers,
    }),
    runs: new Counter({
      name: 'chip_maintenance_runs_total',
      help: 'Turns of each maintenance task by outcome',
      labelNames: ['task', 'outcome'] as const,
      registers,
    }),
    rows: new Counter({
      name: 'chip_maintenance_rows_total',
      help: 'Rows (or chunks) folded, packed or deleted by each maintenance task',
      labelNames: ['task'] as const,
      registers,
    }),
    lastSuccess: new Gauge({
      name: 'chip_maintenance_last_success_timestamp_seconds',
      help: 'When each maintenance task last succeeded in this process',
      labelNames: ['task'] as const,
      registers,
    }),
  };
}
