import { type Block, elementsOf } from '@chip/contracts';

/** Counts from the indexes of blocks. */
export const countElements = (blocks: readonly Block[]): { records: number; elements: number; refused: number } => {
  let [records, elements, refused] = [0, 0, 0];
  for (const { index } of blocks) {
    for (const event of index) {
      records++;
      elements += elementsOf(event);
      refused += event.refused.length;
    }
  }
  return { records, elements, refused };
};
