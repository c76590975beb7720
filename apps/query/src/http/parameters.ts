import { formatTime, hasLength, INSPECTION_TYPES, MAX_MAGNITUDE, parseTime, withSixDigits } from '@chip/contracts';
import { z } from 'zod';

/**
 * The query parameters that several routes share. Each schema checks requests and is the source of the OpenAPI page, so it
 * carries its own description and example. A repeated parameter arrives as an array, which the type refuses.
 */

/** Accepts instants that PostgreSQL and JavaScript read alike; anything earlier or later is a typing error. */
const canonicalTime = (text: string): string | undefined => {
  // JavaScript takes a year below 100 for one of the twentieth century.
  if (text.startsWith('00') || Number.isNaN(parseTime(text))) {
    return undefined;
  }
  // Takes the fraction from the text: after 2255, a number of microseconds is exact for whole seconds only.
  const [point = '', fraction = ''] = /\.(\d+)/.exec(text) ?? [];
  const seconds = formatTime(parseTime(text.replace(point, '')));
  // Behind the offset, which may be that of another year.
  return seconds.length === 27 && !seconds.startsWith('0')
    ? withSixDigits(`${seconds.slice(0, 20)}${fraction.slice(0, 6)}Z`)
    : undefined;
};

/** RFC 3339 with `Z` or an offset; the parsed value is the same instant in UTC with six fractional digits. */
export const timeParameter = z.string().transform((text, context) => {
  const time = canonicalTime(text);
  if (time !== undefined) {
    return time;
  }
  context.addIssue({
    code: 'custom',
    message: 'expected an RFC 3339 time with Z or an offset, years 1000 to 9999, for example 2008-07-01T00:00:00Z',
  });
  return z.NEVER;
});

const describeTime = (description: string, example: string) =>
  // `example`, not `examples`, because Zod drops the latter from schemas that transform.
  timeParameter.meta({ format: 'date-time', description, example });

/** `[from, to)` on the time that `of` names; both ends are optional, an absent end is open. */
export const timeRange = (of: string, examples: { from: string; to: string }) => ({
  from: describeTime(
    `Only items with ${of} at or after this time (RFC 3339; in a URL write + as %2B).`,
    examples.from,
  ).optional(),
  to: describeTime(`Only items with ${of} before this time.`, examples.to).optional(),
});

/** As `timeRange`, with both ends required: for data that is too large to read without a window. */
export const requiredTimeRange = (of: string, examples: { from: string; to: string }) => ({
  from: describeTime(`Only items with ${of} at or after this time (RFC 3339; in a URL write + as %2B).`, examples.from),
  to: describeTime(`Only items with ${of} before this time.`, examples.to),
});

/** Refinement for schemas with `from` and `to`. Equal ends are an empty range without data; reversed ends are an error. */
export const endsInOrder = (
  range: { from?: string | undefined; to?: string | undefined },
  context: z.RefinementCtx,
): void => {
  if (range.from !== undefined && range.to !== undefined && range.from > range.to) {
    context.addIssue({ code: 'custom', path: ['to'], message: 'expected a time no earlier than from' });
  }
};

/** A name that machines use (lot, chip, equipment …), compared exactly and with case. PostgreSQL text cannot hold NUL. */
export const nameParameter = (description: string, example: string, max = 100, min = 1) =>
  z
    .string()
    .refine((text) => hasLength(text, min, max) && !text.includes('\0'), {
      error: `expected ${min} to ${max} characters without NUL`,
    })
    .meta({ minLength: min, maxLength: max, description, examples: [example] });

/** Accepts decimal digits only: `Number` would also accept '', ' 5', 0x10 and 1e2. */
export const integerParameter = (min: number, max: number) =>
  z.preprocess(
    (text) => (typeof text === 'string' && /^-?[0-9]{1,16}$/.test(text) ? Number(text) : text),
    z
      .int({ error: `expected an integer from ${min} to ${max}` })
      .min(min)
      .max(max),
  );

/** A decimal number whose square still fits a double. */
export const numberParameter = (description: string, example: number) =>
  z
    .preprocess(
      (text) =>
        typeof text === 'string' && /^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(text) ? Number(text) : text,
      z.number({ error: 'expected a decimal number' }).min(-MAX_MAGNITUDE).max(MAX_MAGNITUDE),
    )
    .meta({ description, example });

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;
/** A cursor holds the name where a page ended: 100 characters of four bytes are 540 of base64. */
const MAX_CURSOR = 1000;

/** For routes without parameters, which still refuse unknown names. */
export const noParameters = z.strictObject({});

/** `limit` and `cursor` of every list. */
export const pageParameters = {
  limit: integerParameter(1, MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .meta({ description: 'Maximum number of items on a page.', example: DEFAULT_LIMIT }),
  cursor: z.string().max(MAX_CURSOR).optional().meta({
    description: 'Where to continue: `next_cursor` of the previous page. Opaque; keep the other parameters the same.',
  }),
};

export const siteParameter = nameParameter(
  'Site (fab) that sent the events. Several sites may use the same lot name.',
  'fab-1',
);
/** Of lots: machines need not name a site, and another site may have a lot of the same name. */
export const siteOfLotParameter = nameParameter(
  'Site (fab) that sent the events; empty for events that name none. Several sites may use the same lot name.',
  'fab-1',
  100,
  0,
);
export const lotParameter = nameParameter('Lot, by the name that machines use.', 'LOT-2008-07-19');
export const equipmentParameter = nameParameter('Equipment that ran the inspection.', 'AOI-03');
export const productParameter = nameParameter('Product.', 'CQ-1000');
export const stepParameter = nameParameter('Step (operation) in the route.', 'final-test');
export const inspectionTypeParameter = nameParameter('Inspection type.', INSPECTION_TYPES[1], 50);

/** Filters on attempts or inspections that statistics share. */
export const unitFilters = {
  site: siteOfLotParameter.optional(),
  lot_id: lotParameter.optional(),
  equipment_id: equipmentParameter.optional(),
  product: productParameter.optional(),
  inspection_type: inspectionTypeParameter.optional(),
  step: stepParameter.optional(),
};

/** Range and filters of every statistic over attempts. */
export const attemptParameters = {
  ...timeRange('completed', { from: '2008-07-01T00:00:00Z', to: '2008-11-01T00:00:00Z' }),
  ...unitFilters,
};

/** The value of a filter after parsing: one name, or several of which any matches. */
type Names = string | readonly string[] | undefined;
export interface UnitFilters {
  readonly site?: Names;
  readonly lot_id?: Names;
  readonly equipment_id?: Names;
  readonly product?: Names;
  readonly recipe?: Names;
  readonly inspection_type?: Names;
  readonly step?: Names;
}
