import { type Block, totalsOf } from '@chip/contracts';

/** Sums over the indexes of blocks. */
export const countElements = (blocks: readonly Block[]): { records: number; elements: number; refused: number } => {
  let [records, elements, refused] = [0, 0, 0];
  for (const block of blocks) {
    const totals = totalsOf(block);
    records += totals.events;
    elements += totals.elements;
    refused += totals.refused;
  }
  return { records, elements, refused };
};
