import { z } from 'zod';
import {
  endsInOrder,
  equipmentParameter,
  integerParameter,
  inspectionTypeParameter,
  lotParameter,
  nameParameter,
  productParameter,
  siteOfLotParameter,
  stepParameter,
  timeParameter,
  timeRange,
} from '../http/parameters.ts';
import { count } from '../http/answers.ts';
import { CALENDAR_GROUPS } from '../calendars/calendar-groups.sql.ts';
import { type Zone, ZONE_TEXTS, ZONES } from '../geometries/zones.sql.ts';
import { ATTEMPT_GROUPS, type AttemptGroup } from './attempt-groups.ts';
import { ATTEMPT_POLICIES } from './chosen-attempts.ts';

const MAX_NAMES = 100;

/** A filter that may be repeated: any of its values matches. A message about one value names the filter. */
const repeated = (name: z.ZodType<string, string>) => {
  const { description, examples } = name.meta() ?? {};
  const names = z.array(name).min(1).max(MAX_NAMES);
  const { $schema: _, ...documented } = z.toJSONSchema(names, { io: 'input' });
  return z
    .unknown()
    .transform((given, context): string[] => {
      const checked = names.safeParse(typeof given === 'string' ? [given] : given);
      if (checked.success) {
        return checked.data;
      }
      context.addIssue({ code: 'custom', message: checked.error.issues[0]?.message ?? 'expected names' });
      return z.NEVER;
    })
    .optional()
    .meta({ ...documented, description: `${description} Repeat it to match any of several.`, example: examples });
};

/** Filters of every statistic over attempts, on the properties of the chosen attempt. */
const statisticFilters = {
  site: repeated(siteOfLotParameter),
  lot_id: repeated(lotParameter),
  equipment_id: repeated(equipmentParameter),
  product: repeated(productParameter),
  recipe: repeated(nameParameter('Recipe that the equipment ran.', 'CD-17')),
  inspection_type: repeated(inspectionTypeParameter),
  step: repeated(
    z.union([z.literal(''), stepParameter]).meta({
      description:
        'Step (operation) in the route; empty: attempts without a step. The policy then chooses among the attempts of a unit at this step.',
      examples: ['final-test'],
    }),
  ),
};

/** Range and filters of every statistic over attempts. */
export const statisticParameters = {
  ...timeRange('completed', { from: '2008-07-01T00:00:00Z', to: '2008-11-01T00:00:00Z' }),
  ...statisticFilters,
  as_at: timeParameter.optional().meta({
    format: 'date-time',
    description:
      'Answer from what was known at this time: events that were received later do not count. Goes back as far as former states are kept (`former_attempts`).',
    example: '2026-11-26T06:00:00Z',
  }),
};

/** Chooses among the attempts of a unit. */
export const policyParameter = z.enum(ATTEMPT_POLICIES).default('last').meta({
  description:
    "Which attempt represents a unit that was tested more than once, chosen from the unit's whole history; all: every attempt counts.",
  example: 'last',
});

/** Consent to combine what is otherwise refused as ambiguous. */
export const mixParameter = (what: string) =>
  z
    .literal('yes')
    .optional()
    .meta({ description: `yes: combine different ${what} instead of refusing to.`, example: 'yes' });

/** Parameters of a statistic over attempts: its own ones, the policy, the range and the filters. */
export const attemptQuestion = <Own extends z.ZodRawShape>(own: Own) =>
  z
    .strictObject({ ...own, policy: policyParameter, ...statisticParameters })
    // The type of a shape with generic members does not show the known ones.
    .superRefine((given, context) => {
      endsInOrder(given as { from?: string; to?: string }, context);
      groupsFit(given as GroupQuestion, context);
    });

/** Property that a statistic groups by, and what shapes its groups. */
export const groupParameters = {
  group_by: z.enum(ATTEMPT_GROUPS).optional().meta({
    description:
      'One group per value of the chosen attempt; hours, days, ISO weeks and months are UTC unless calendar=production. shift needs a production calendar, zone a wafer geometry. Absent: totals only.',
    example: 'lot',
  }),
  zones: z
    .enum(ZONES)
    .optional()
    .meta({
      description: `With group_by=zone, which zones (default ring). ${ZONES.map((zone) => `${zone}: ${ZONE_TEXTS[zone]}`).join('. ')}.`,
      example: 'quadrant',
    }),
  calendar: z.enum(['utc', 'production']).optional().meta({
    description:
      'Whose days, weeks and months: utc (default), or production = those of the calendar of the site (`/v1/calendars`). Shifts are always of production.',
    example: 'production',
  }),
};

const MAX_TOP = 1000;
/** How many groups an answer shows. */
export const topGroupsParameter = integerParameter(1, MAX_TOP).optional().meta({
  description: 'Only this many of the greatest groups, by key; the rest is summed up in `other`.',
  example: 20,
});
/** Refinement for schemas with `topGroupsParameter`. */
export function topFits({ group_by, top }: { group_by?: unknown; top?: unknown }, context: z.RefinementCtx): void {
  if (top !== undefined && group_by === undefined) {
    context.addIssue({ code: 'custom', path: ['top'], message: 'applies to groups: requires group_by' });
  }
}
/** Schema of what `top` leaves off. */
export const otherGroups = <Figures extends z.ZodRawShape>(figures: Figures) =>
  z
    .strictObject({ groups: count.meta({ description: 'How many groups are summed up.' }), ...figures })
    .optional()
    .meta({ description: 'With top: the groups that are left off, together; absent when none is.' });

interface GroupQuestion {
  readonly group_by?: AttemptGroup | undefined;
  readonly calendar?: 'utc' | 'production' | undefined;
  readonly zones?: Zone | undefined;
}

/** Refinement for schemas with `groupParameters`. */
export function groupsFit({ group_by, calendar, zones }: GroupQuestion, context: z.RefinementCtx): void {
  if (zones !== undefined && group_by !== 'zone') {
    context.addIssue({ code: 'custom', path: ['zones'], message: 'applies to group_by=zone' });
  }
  if (calendar !== undefined && !CALENDAR_GROUPS.some((group) => group === group_by)) {
    context.addIssue({
      code: 'custom',
      path: ['calendar'],
      message: `applies to group_by=${CALENDAR_GROUPS.join(', ')}`,
    });
  } else if (calendar === 'utc' && group_by === 'shift') {
    context.addIssue({ code: 'custom', path: ['calendar'], message: 'expected production for shifts' });
  }
}
