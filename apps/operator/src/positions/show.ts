import type { IngestPartition, StreamPosition } from '@chip/persistence';
import { printable } from '../printable.ts';

/** Each position with what stops ingest there, if anything, and what stops it before a partition has a position. */
export function positionsAsJson(positions: readonly StreamPosition[], ingest: readonly IngestPartition[]): string {
  const keyOf = (row: { topic: string; partition: number }): string => `${row.topic}/${row.partition}`;
  const stopped = new Map(ingest.map((row) => [keyOf(row), row]));
  const positioned = new Set(positions.map(keyOf));
  const shown = [
    ...positions.map((position) => ({ ...position, ingest: stopped.get(keyOf(position)) ?? null })),
    ...ingest
      .filter((row) => !positioned.has(keyOf(row)))
      .map((row) => ({ topic: row.topic, partition: row.partition, ingest: row })),
  ];
  const asNumbers = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  return JSON.stringify(shown, asNumbers, 2);
}

export function positionsAsText(positions: readonly StreamPosition[], ingest: readonly IngestPartition[]): string {
  const lines = positionLines(positions);
  for (const { topic, partition, state, stateSince, stateReason } of ingest) {
    lines.push(
      '',
      `${topic}/${partition}: ingest is "${state}" since ${stateSince}: ${stateReason ?? ''}`,
      `  see docs/runbooks/${state}.md`,
    );
  }
  return printable(lines.join('\n'));
}

function positionLines(positions: readonly StreamPosition[]): string[] {
  if (positions.length === 0) {
    return ['no partition has a position yet; the writer creates it with the first block'];
  }
  const head = ['partition', 'state', 'position', 'waiting', 'accepted', 'applied up to'];
  const rows = positions.map((position) => [
    `${position.topic}/${position.partition}`,
    position.state,
    String(position.nextOffset),
    position.highWatermark === null
      ? '?'
      : String(position.highWatermark > position.nextOffset ? position.highWatermark - position.nextOffset : 0n),
    String(position.acceptedOffset),
    position.appendTime ?? '',
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column >= 2 && column <= 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const lines = [line(head), ...rows.map(line)];
  for (const { topic, partition, state, stateReason, stateSince } of positions) {
    if (state !== 'running') {
      lines.push(
        '',
        `${topic}/${partition}: ${state} since ${stateSince}${stateReason === null ? '' : `: ${stateReason}`}`,
        `  see docs/runbooks/${state}.md`,
      );
    }
  }
  return lines;
}
