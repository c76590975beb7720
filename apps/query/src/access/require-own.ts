import { Problem } from '../http/problem.error.ts';
import { currentRequest } from './caller.ts';

/** Refuses rows that a limited caller could not read back, or that hold for others. @throws Problem 403 */
export function requireOwn({
  site = '',
  product = '',
}: {
  site?: string | undefined;
  product?: string | undefined;
}): void {
  const { sites, products } = currentRequest().caller;
  if (sites !== null && !sites.includes(site)) {
    throw new Problem(403, 'forbidden', 'site is outside the limits of this caller', [
      { parameter: '/site', message: 'is not allowed for this caller' },
    ]);
  }
  if (products !== null && !products.includes(product)) {
    throw new Problem(403, 'forbidden', 'product is outside the limits of this caller', [
      { parameter: '/product', message: 'is not allowed for this caller' },
    ]);
  }
}
