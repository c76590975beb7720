/**
 * Digests of rows, summed per bucket: two sets of rows count as equal if each bucket has the same count and the same
 * sum. PostgreSQL computes the same sums over the tables (observation.ts), so that millions of rows are compared
 * without moving one of them here.
 */
import { hash } from 'node:crypto';

interface Sum {
  count: number;
  digest: number;
}

/** By table and bucket: a stretch of a stream, or a lot. */
export type Sums = Map<string, Sum>;

/** 36 bits, so that a bucket of 100,000 rows still sums exactly in a double. */
const rowDigest = (text: string): number => parseInt(hash('md5', text, 'hex').slice(0, 9), 16);

/** The same in SQL, for the text of the expression. */
export const rowDigestSql = (expression: string): string =>
  `('x' || substr(md5(${expression}), 1, 9))::bit(36)::bigint`;

export function addTo(sums: Sums, bucket: string, text: string, sign: 1 | -1 = 1): void {
  const sum = sums.get(bucket);
  if (sum === undefined) {
    sums.set(bucket, { count: sign, digest: sign * rowDigest(text) });
  } else {
    sum.count += sign;
    sum.digest += sign * rowDigest(text);
  }
}
