import { parseTime } from '@chip/contracts';
import type { z } from 'zod';
import { describeFields, FieldFilters } from '../http/field-filters.ts';
import { endsInOrder, nameParameter, requiredTimeRange } from '../http/parameters.ts';

export const telemetryFilters = {
  metric_name: nameParameter('Metric.', 'response_time_ms'),
  ...requiredTimeRange('its time', { from: '2026-03-02T08:00:00Z', to: '2026-03-03T08:00:00Z' }),
  service_name: nameParameter('Equipment or service that was measured.', 'AOI-03').optional(),
  host: nameParameter('Host that sent the samples.', 'fab1-gw2').optional(),
};

const tagFilters = new FieldFilters('tags');
const DAY_US = 86_400_000_000;

/** Tags in the parameters of a route; undefined when there are none. */
export const tagsOf = (parameters: object): Readonly<Record<string, string>> | undefined => {
  const tags = tagFilters.of(parameters);
  return Object.keys(tags).length === 0 ? undefined : tags;
};

export const describeTags = describeFields(
  'tags',
  'Tags of the samples, for a range of at most 24 hours (the roll-ups keep no tags),',
  { 'tags.line': '4' },
);

/** Refinement of the parameters of a route, whose schema has a catchall for tags. */
export function checkTelemetry(
  shape: object,
  given: Record<string, unknown> & { from: string; to: string },
  context: z.RefinementCtx,
): void {
  endsInOrder(given, context);
  tagFilters.refuseOthers(shape, given, context);
  if (tagsOf(given) !== undefined && parseTime(given.to) - parseTime(given.from) > DAY_US) {
    context.addIssue({
      code: 'custom',
      path: ['to'],
      message: 'expected at most 24 hours after from: only raw samples have tags',
    });
  }
}
