import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

/**
 * The right that a route requires of its caller:
 * - `read`: stored quality data
 * - `operation`: the state of the pipeline, metrics
 * - `evaluate`: computes on numbers that the caller sends
 * - `schedule`: creates inspections
 * - `change`: everything else that writes
 * - `export`: rows in bulk, as stored
 * - `audit`: who changed what
 * - `letters`: dead letters one by one, which may quote what machines sent; trying patches on them, and replaying them
 */
export type Right = 'read' | 'operation' | 'evaluate' | 'schedule' | 'change' | 'export' | 'audit' | 'letters';

/** Cost of one request. Each class has its own limits, so that none starves another. */
export type CostClass = 'light' | 'statistic' | 'export' | 'write';

export const EXTENSION = 'x-right';

/** States the right that a route requires. By default a GET requires `read`, any other method `change`. */
export const Needs = (right: Right): MethodDecorator & ClassDecorator =>
  applyDecorators(ApiExtension(EXTENSION, right), SetMetadata(EXTENSION, right));

/** @param of handler or controller */
export const statedRight = (of: object): Right | undefined => Reflect.getMetadata(EXTENSION, of) as Right | undefined;

/** Routes that answer everyone. They show no data. */
const PUBLIC_ROUTES = new Set([
  '/',
  '/assets/*',
  '/health/live',
  '/health/ready',
  '/openapi.json',
  '/docs',
  '/docs/*',
  '/docs-yaml',
]);

/** Lists and single items, which an index serves. */
const LIGHT =
  /^\/v1\/(inspections|lots|lots\/\{lot_id\}|inspections\/\{id\}|lots\/\{lot_id\}\/parts\/\{chip_id\}|equipment\/\{equipment_id\}\/units|pipeline|ledger|equipment|products|steps|recipes|metrics|parameters|calendars|wafer-geometries|control-limits|control-limits\/\{id\}|annotations|annotations\/\{id\}|reports|reports\/\{id\}|audit|events|dead-letters|dead-letters\/replays|dead-letters\/replays\/\{id\}|dead-letters\/\{topic\}\/\{partition\}\/\{offset\})$/;
/** Requests with a body that compute much. */
const COMPUTES = new Set(['/v1/reports', '/v1/dead-letters/dry-run']);

const pathOfRouter = (path: string): string => path.replaceAll(/\{([^}]+)\}/g, ':$1');

/** What the service goes by in the OpenAPI document, or in an outline of it. */
export interface Outline {
  readonly paths: Record<string, object>;
}

export interface RouteRule {
  readonly right: Right;
  readonly cost: CostClass;
}

/** Rules by `METHOD /path/:parameter`, of every route. */
export function routeRules({ paths }: Outline): ReadonlyMap<string, RouteRule> {
  const rules = new Map<string, RouteRule>();
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item) as [string, Record<string, unknown>][]) {
      if (PUBLIC_ROUTES.has(path)) {
        continue;
      }
      const right = rightOf(path, method, operation);
      rules.set(`${method.toUpperCase()} ${pathOfRouter(path)}`, { right, cost: costOf(path, method, right) });
    }
  }
  return rules;
}

/**
 * Routes with no query parameter, as `METHOD /path/:parameter`. No schema checks the query of a request to them. Probes and
 * scrapers add parameters of their own to health and metrics.
 */
export function routesWithoutQuery({ paths }: Outline): ReadonlySet<string> {
  const documented = Object.entries(paths).filter(([path]) => path.startsWith('/v1/'));
  const withoutQuery = documented.flatMap(([path, item]) =>
    (Object.entries(item) as [string, { parameters?: readonly { in: string }[] }][])
      .filter(([, { parameters = [] }]) => !parameters.some((parameter) => parameter.in === 'query'))
      .map(([method]) => `${method.toUpperCase()} ${pathOfRouter(path)}`),
  );
  return new Set(withoutQuery);
}

/** Whether the route answers without identifying the caller. */
export const isPublic = (url: string): boolean =>
  PUBLIC_ROUTES.has(url) || url.startsWith('/docs/') || url.startsWith('/sign-in/');

export function rightOf(path: string, method: string, operation: Readonly<Record<string, unknown>>): Right {
  const stated = operation[EXTENSION] as Right | undefined;
  return stated ?? (path === '/metrics' ? 'operation' : method === 'get' ? 'read' : 'change');
}

function costOf(path: string, method: string, right: Right): CostClass {
  if (right === 'export') {
    return 'export';
  }
  if (right === 'evaluate') {
    return 'statistic';
  }
  if (method !== 'get' && right !== 'read') {
    return COMPUTES.has(path) ? 'statistic' : 'write';
  }
  return LIGHT.test(path) ? 'light' : 'statistic';
}
