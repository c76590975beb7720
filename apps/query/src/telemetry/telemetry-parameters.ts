import { nameParameter, requiredTimeRange } from '../http/parameters.ts';

export const telemetryFilters = {
  metric_name: nameParameter('Metric.', 'response_time_ms'),
  ...requiredTimeRange('its time', { from: '2026-03-02T08:00:00Z', to: '2026-03-03T08:00:00Z' }),
  service_name: nameParameter('Equipment or service that was measured.', 'AOI-03').optional(),
  host: nameParameter('Host that sent the samples.', 'fab1-gw2').optional(),
};
