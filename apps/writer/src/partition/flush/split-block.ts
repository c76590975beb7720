import { type Block, rowsOf, trimBlock } from '@chip/contracts';

/** Splits a block into parts of at most `rows` rows, but at least one event each. Their ranges chain. */
export function* splitBlock(block: Block, rows: number): Generator<Block> {
  let rest = block;
  for (;;) {
    let [taken, events] = [0, 0];
    for (const event of rest.index) {
      if (events > 0 && taken + rowsOf(event) > rows) {
        break;
      }
      taken += rowsOf(event);
      events++;
    }
    const next = rest.index[events];
    if (next === undefined) {
      yield rest;
      return;
    }
    const tail = trimBlock(rest, next.offset);
    yield {
      ...rest,
      coversTo: next.offset,
      index: rest.index.slice(0, events),
      payload: rest.payload.subarray(0, rest.payload.length - tail.payload.length),
      // The block's deltas count all of its rows.
      deltas: tail.payload.length === 0 ? rest.deltas : null,
    };
    rest = tail;
  }
}
