import { type Block, elementsOf } from '@chip/contracts';

/** What the index of some blocks says about them. */
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
