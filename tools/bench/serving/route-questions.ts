/** Questions that together reach every GET route, from the OpenAPI document and what is stored. */
import { HISTORY_DAYS, TELEMETRY_DAYS } from '../data/history.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly example?: unknown;
}

export interface Document {
  readonly paths: Readonly<Record<string, { readonly get?: { readonly parameters?: readonly Parameter[] } }>>;
}

export interface RouteQuestion {
  readonly route: string;
  readonly asks: 'least' | 'everything';
  /** With parameters. */
  readonly path: string;
}

/** No data, or an answer that lasts as long as one likes. */
const LEFT_OUT = /^\/(health|metrics|v1\/events)/;
/** Optional one by one, but without them there is nothing to answer. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  '/v1/spc': ['parameter'],
  '/v1/yield/models': ['area_cm2', 'defect_density'],
};
/** Inspection types are not mixed unless one says so. */
const MIXED = { mix: 'yes' };

const DAY_MS = 86_400_000;

/**
 * Each route with what it requires; and, where it takes a time range, over everything that is stored.
 *
 * @param stored values that the history has, by the name of the parameter, an id by its route; the document's example where it
 *   has none
 */
export function routeQuestions(
  { paths }: Document,
  stored: Readonly<Record<string, string>>,
  nowMs: number,
): RouteQuestion[] {
  return Object.entries(paths).flatMap(([route, { get }]) => {
    if (get === undefined || LEFT_OUT.test(route)) {
      return [];
    }
    const parameters = get.parameters ?? [];
    const has = (name: string): boolean => parameters.some((parameter) => parameter.name === name);
    const days = route.includes('telemetry') ? TELEMETRY_DAYS : HISTORY_DAYS;
    const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
    const begin = (back: number): string => new Date(today - back * DAY_MS).toISOString();
    const path = (query: Readonly<Record<string, string>>): string => {
      const value = ({ name, example }: Parameter): string =>
        query[name] ?? stored[name === 'id' ? route : name] ?? String(example);
      const asked = parameters.filter(
        ({ name, in: place, required }) =>
          place === 'query' && (required === true || name in query || NEEDED[route]?.includes(name)),
      );
      const text = new URLSearchParams(
        asked.map((parameter): [string, string] => [parameter.name, value(parameter)]),
      ).toString();
      const filled = parameters
        .filter(({ in: place }) => place === 'path')
        .reduce((url, parameter) => url.replace(`{${parameter.name}}`, encodeURIComponent(value(parameter))), route);
      return text === '' ? filled : `${filled}?${text}`;
    };
    const ofADay = { from: begin(2), to: begin(1) };
    const isRange = has('from') && has('to');
    const mustHaveRange = parameters.some(({ name, required }) => name === 'from' && required === true);
    const least: RouteQuestion = { route, asks: 'least', path: path({ ...(mustHaveRange ? ofADay : {}), ...MIXED }) };
    return isRange
      ? [least, { route, asks: 'everything', path: path({ from: begin(days), to: begin(0), ...MIXED }) }]
      : [least];
  });
}
