import { Problem } from '../http/problem.error.ts';
import { currentRequest } from './caller.ts';

/**
 * Refuses rows that a limited caller could not read back, or that hold for others.
 *
 * @param members what the rows name
 * @throws Problem 403
 */
export function requireOwn(
  { site = '', product = '' }: { site?: string | undefined; product?: string | undefined },
  members: readonly ('site' | 'product')[] = ['site', 'product'],
): void {
  const { sites, products } = currentRequest().caller;
  if (members.includes('site') && sites !== null && !sites.includes(site)) {
    throw new Problem(403, 'forbidden', 'site is outside the limits of this caller', [
      { parameter: '/site', message: 'is not allowed for this caller' },
    ]);
  }
  if (members.includes('product') && products !== null && !products.includes(product)) {
    throw new Problem(403, 'forbidden', 'product is outside the limits of this caller', [
      { parameter: '/product', message: 'is not allowed for this caller' },
    ]);
  }
}
