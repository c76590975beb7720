/** Deltas of the roll-ups: COPY lines of `metrics_delta`, one per (hour, service, metric, host). */

const HOUR_MS = 3_600_000;
const FIELDS_OF_KEY = 4;

/** The first four fields as COPY text. */
type Groups = Map<string, { sum: number; samples: number; min: number; max: number }>;

function add(groups: Groups, key: string, sum: number, samples: number, min: number, max: number): void {
  const group = groups.get(key);
  if (group === undefined) {
    groups.set(key, { sum, samples, min, max });
    return;
  }
  group.sum += sum;
  group.samples += samples;
  group.min = Math.min(group.min, min);
  group.max = Math.max(group.max, max);
}

function copyLines(groups: Groups): Buffer {
  let text = '';
  for (const [key, { sum, samples, min, max }] of groups) {
    text += `${key}\t${sum}\t${samples}\t${min}\t${max}\n`;
  }
  // Fields came as bytes and go as bytes.
  return Buffer.from(text, 'latin1');
}

/** Deltas of rows, for a block that is applied in part: ingest's own deltas count all of its rows. */
export function deltasOf(lines: Iterable<Buffer>): Buffer {
  const groups: Groups = new Map();
  for (const line of lines) {
    const [time, service, metric, value, , host] = line.toString('latin1').slice(0, -1).split('\t');
    const ms = Date.parse(time!);
    const bucket = new Date(ms - (((ms % HOUR_MS) + HOUR_MS) % HOUR_MS)).toISOString();
    const number = Number(value);
    add(groups, `${bucket}\t${service}\t${metric}\t${host}`, number, 1, number, number);
  }
  return copyLines(groups);
}

/**
 * One line per group from the deltas of several blocks: of a partition, they mostly name the same series, and each
 * line costs PostgreSQL an insert now, and a delete and its share of an upsert in the fold.
 */
export function mergedDeltas(deltas: readonly Buffer[]): Buffer {
  if (deltas.length === 1) {
    return deltas[0]!;
  }
  const groups: Groups = new Map();
  for (const lines of deltas) {
    const text = lines.toString('latin1');
    for (let from = 0; from < text.length;) {
      const newline = text.indexOf('\n', from);
      const end = newline < 0 ? text.length : newline;
      let keyEnd = from - 1;
      for (let field = 0; field < FIELDS_OF_KEY; field++) {
        keyEnd = text.indexOf('\t', keyEnd + 1);
      }
      const [sum, samples, min, max] = text.slice(keyEnd + 1, end).split('\t');
      add(groups, text.slice(from, keyEnd), Number(sum), Number(samples), Number(min), Number(max));
      from = end + 1;
    }
  }
  return copyLines(groups);
}
