/**
 * Comparing and copying a few bytes, a word at a time: for texts of ten to a hundred bytes a loop over single bytes takes three
 * times as long, and a call of Buffer's own methods longer still. The last word may overlap the one before it.
 */

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Whether `length` bytes are the same. Both views must have that many. */
export function sameBytes(one: DataView, oneFrom: number, other: DataView, otherFrom: number, length: number): boolean {
  const shift = otherFrom - oneFrom;
  const to = oneFrom + length;
  let at = oneFrom;
  for (; at + 4 <= to; at += 4) {
    if (one.getInt32(at, true) !== other.getInt32(at + shift, true)) {
      return false;
    }
  }
  if (length >= 4) {
    return at === to || one.getInt32(to - 4, true) === other.getInt32(to - 4 + shift, true);
  }
  for (; at < to; at++) {
    if (one.getInt8(at) !== other.getInt8(at + shift)) {
      return false;
    }
  }
  return true;
}

/**
 * Copies `length` bytes, within one memory only to where they do not overlap. Words of eight bytes never become objects: V8
 * hands them from load to store.
 *
 * @returns where they end in `target`
 */
export function copyBytes(
  source: DataView,
  from: number,
  length: number,
  target: DataView,
  targetFrom: number,
): number {
  const shift = targetFrom - from;
  const to = from + length;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    target.setBigInt64(at + shift, source.getBigInt64(at, true), true);
  }
  if (length >= 8) {
    target.setBigInt64(to - 8 + shift, source.getBigInt64(to - 8, true), true);
    return to + shift;
  }
  for (; at < to; at++) {
    target.setInt8(at + shift, source.getInt8(at));
  }
  return to + shift;
}
