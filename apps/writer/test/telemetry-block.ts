import { type Block, type BlockEvent } from '@chip/contracts';

/**
 * A block of events `from` to `to` (exclusive), one sample each, whose values tell the events apart: `value` + offset.
 * @param appendTime ms, the same for all
 */
export function telemetryBlock(sourceTopic: string, from: number, to: number, appendTime: number, value = 0): Block {
  const lines: string[] = [];
  const index: BlockEvent[] = [];
  for (let offset = from; offset < to; offset++) {
    const line = `2026-01-20T07:00:00.000000Z\ttest\tm\t${value + offset}\t\\N\t\\N\n`;
    lines.push(line);
    index.push({ offset, appendTime, bytes: line.length, elements: 0, refused: [] });
  }
  return {
    sourceTopic,
    sourcePartition: 0,
    coversFrom: from,
    coversTo: to,
    kind: 'copy-text/system_metrics/1',
    index,
    payload: Buffer.from(lines.join('')),
    deltas: Buffer.from(`2026-01-20T07:00:00Z\ttest\tm\t\\N\t1\t${lines.length}\t0\t1\n`),
    minTime: '2026-01-20T07:00:00.000000Z',
    maxTime: '2026-01-20T07:00:00.000000Z',
  };
}
