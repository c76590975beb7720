/**
 * A number as files write it (`12`, `-0.5`, `1e-3`), or undefined: no hexadecimal, no blank, no text that JavaScript
 * coerces.
 */
export const parseDecimal = (text: string): number | undefined => {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    return undefined;
  }
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
};
