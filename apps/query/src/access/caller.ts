import { AsyncLocalStorage } from 'node:async_hooks';
import { type KeyRights, type KeyRole, type KeyScope } from '@chip/persistence';
import { type CostClass, type Right } from './rights.ts';

/** The sender of a request, and what it may see. */
export interface Caller extends KeyRights {
  /** For the audit trail: `key:<name> (<prefix>)`, `oidc:<subject>` or `anonymous`. */
  readonly subject: string;
  /** Name under which requests are counted; undefined = not counted. */
  readonly countedAs: string | undefined;
}

/** Without access control, every client that can connect may do everything. */
export const ANONYMOUS: Caller = {
  subject: 'anonymous',
  countedAs: undefined,
  role: 'admin',
  scopes: ['export:raw', 'audit:read'],
  sites: null,
  products: null,
};

const RIGHTS_OF_ROLE: Readonly<Record<KeyRole, readonly Right[]>> = {
  viewer: ['read', 'operation', 'evaluate'],
  engineer: ['read', 'operation', 'evaluate', 'schedule', 'change', 'letters'],
  admin: ['read', 'operation', 'evaluate', 'schedule', 'change', 'export', 'audit', 'letters'],
  machine: ['evaluate', 'schedule'],
};
const RIGHT_OF_SCOPE: Readonly<Record<KeyScope, Right>> = { 'export:raw': 'export', 'audit:read': 'audit' };
/** Rights to answers that show all sites at once, which callers limited to some must not see. */
const NOT_FOR_LIMITED: readonly Right[] = ['operation', 'audit', 'letters'];

export const isLimited = ({ sites, products }: Pick<Caller, 'sites' | 'products'>): boolean =>
  sites !== null || products !== null;

export function hasRight(caller: Caller, right: Right): boolean {
  return (
    !(isLimited(caller) && NOT_FOR_LIMITED.includes(right)) &&
    (RIGHTS_OF_ROLE[caller.role].includes(right) || caller.scopes.some((scope) => RIGHT_OF_SCOPE[scope] === right))
  );
}

/** States what a caller lacks, in words for the person who issues keys. */
export function whatIsMissing(caller: Caller, right: Right): string {
  if (isLimited(caller) && NOT_FOR_LIMITED.includes(right)) {
    return 'this answer covers every site, so a caller limited to sites or products cannot have it';
  }
  const scope = Object.entries(RIGHT_OF_SCOPE).find(([, of]) => of === right)?.[0];
  if (scope !== undefined) {
    return `the scope ${scope} is missing`;
  }
  const roles = Object.entries(RIGHTS_OF_ROLE).flatMap(([role, rights]) => (rights.includes(right) ? [role] : []));
  return `the role ${caller.role} does not have the right ${right}, which needs ${roles.join(' or ')}`;
}

interface Request {
  readonly caller: Caller;
  readonly cost: CostClass;
}
const requests = new AsyncLocalStorage<Request>();

/** Runs a handler for its caller. */
export const runAs = (request: Request, handler: () => void): void => requests.run(request, handler);

/** @throws Error outside a request: without a caller there are no rights to read by */
export function currentRequest(): Request {
  const request = requests.getStore();
  if (!request) {
    throw new Error('no caller is known: data can only be read on behalf of a request');
  }
  return request;
}

/** Holds the names of units for callers limited to products (see `limited-views.ts`). */
export const LIMITED_NAMES = 'limited.unit_names';

/**
 * Where to look up the names of units by the id of a visible attempt. A caller limited to products does not see a unit whose
 * last attempt names another one, but sees its attempts of these products, and its name.
 */
export const unitNames = (): string =>
  (requests.getStore()?.caller.products ?? null) === null ? 'inspections' : LIMITED_NAMES;
