/** Reads the live line's figures from Prometheus' text format. */

/** The sum of a metric over its labels; 0 if it is absent. */
export function sumOf(text: string, metric: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const rest = line.startsWith(metric) ? line.slice(metric.length) : undefined;
    // A longer name with the same beginning is another metric.
    if (rest?.startsWith('{') || rest?.startsWith(' ')) {
      const value = Number(
        rest
          .slice(rest.lastIndexOf('}') + 1)
          .trim()
          .split(' ')[0],
      );
      sum += Number.isFinite(value) ? value : 0;
    }
  }
  return sum;
}
