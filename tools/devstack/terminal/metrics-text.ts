/** Reads what the live line needs from Prometheus' text format. */

/** The sum of a metric over its labels; 0 when it is not there. */
export function sumOf(text: string, metric: string): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const rest = line.startsWith(metric) ? line.slice(metric.length) : undefined;
    // A longer name that begins alike is another metric.
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
