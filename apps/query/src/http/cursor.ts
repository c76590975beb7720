import { parseTime, withSixDigits } from '@chip/contracts';
import { Problem } from './problem.error.ts';

/** Position in a list ordered by (time, id): `time` in canonical form (UTC, six fractional digits), `id` a UUID unless the list says otherwise. */
export interface KeysetPosition {
  readonly time: string;
  readonly id: string;
}

const VERSION = '1';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CANONICAL_TIME = /^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$/;

/** Opaque text of a position. It needs the id, because by time alone a page would lose rows that share its last time. */
export const encodeCursor = (position: KeysetPosition): string =>
  Buffer.from(`${VERSION}|${position.time}|${position.id}`).toString('base64url');

/** @throws Problem 400 `invalid_cursor` unless `encodeCursor` wrote the text */
export function decodeCursor(cursor: string, isId: RegExp = UUID): KeysetPosition {
  const [version, time, id, ...rest] = Buffer.from(cursor, 'base64url').toString('latin1').split('|');
  if (
    version === VERSION &&
    time !== undefined &&
    id !== undefined &&
    rest.length === 0 &&
    CANONICAL_TIME.test(time) &&
    !Number.isNaN(parseTime(time)) &&
    isId.test(id) &&
    // Base64 decoding skips unknown characters, so this accepts only the exact text.
    encodeCursor({ time, id }) === cursor
  ) {
    return { time, id };
  }
  throw new Problem(400, 'invalid_cursor', 'cursor does not come from this service', [
    { parameter: 'cursor', message: 'expected next_cursor of an earlier answer' },
  ]);
}

/** One page of a list. */
export interface KeysetPage<Item> {
  items: Item[];
  next_cursor: string | null;
}

/**
 * Reads one page: `limit` items after `cursor`.
 *
 * @param read returns at most `limit` items, in the order of the list
 * @param placeOf time and id that the list is ordered by
 * @param isId what ids look like, where they are not UUIDs; without `|`
 * @throws Problem 400 `invalid_cursor`
 */
export async function readPage<Item>(
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  read: (after: KeysetPosition | undefined, limit: number) => Promise<readonly Item[]>,
  placeOf: (item: Item) => KeysetPosition,
  isId?: RegExp,
): Promise<KeysetPage<Item>> {
  // One extra item shows whether there is a next page.
  const items = await read(cursor === undefined ? undefined : decodeCursor(cursor, isId), limit + 1);
  const last = items.length > limit ? items[limit - 1] : undefined;
  if (last === undefined) {
    return { items: items.slice(0, limit), next_cursor: null };
  }
  const { time, id } = placeOf(last);
  return { items: items.slice(0, limit), next_cursor: encodeCursor({ time: withSixDigits(time), id }) };
}
