/**
 * Memory of fetches that goes back as soon as nothing needs it. By itself V8 frees it when it next marks all live objects,
 * which it does the more often the more such memory there is.
 */

/** Smaller buffers may come from Node's pool, whose memory many share and nobody may give back. */
const LEAST_BYTES = 64 * 1024;

/** How many use what is lent. */
const users = new WeakMap<ArrayBufferLike, number>();

/** @param buffer shares its memory with no other, unless it is small */
export function lendMemory<T extends Buffer>(buffer: T): T {
  if (buffer.length >= LEAST_BYTES) {
    users.set(buffer.buffer, 0);
  }
  return buffer;
}

/** @returns gives back what of it is lent; to be called once. All buffers in this memory are empty afterwards. */
export function useMemory(buffers: Iterable<Buffer>): () => void {
  const used = new Set<ArrayBufferLike>();
  for (const { buffer } of buffers) {
    const before = users.get(buffer);
    if (before !== undefined && !used.has(buffer)) {
      used.add(buffer);
      users.set(buffer, before + 1);
    }
  }
  return () => {
    for (const memory of used) {
      const left = users.get(memory)! - 1;
      users.set(memory, left);
      if (left === 0) {
        (memory as ArrayBuffer).transfer(0);
      }
    }
  };
}
