/** The one line that shows the pipeline at work: events/s in, rows/s committed, lag, dead letters. */
import { setInterval } from 'node:timers/promises';
import { sumOf } from './metrics-text.ts';

const POLL_MS = 1_000;
/** Print interval on terminals that cannot rewrite the line in place. */
const PLAIN_EVERY_MS = 10_000;
const CLEAR_LINE = '\r\u001b[K';

export interface Figures {
  readonly eventsPerSecond: number;
  readonly rowsPerSecond: number;
  readonly ingestLag: number;
  readonly writerLag: number;
  readonly deadLetters: number;
}

export function formatFigures(figures: Figures): string {
  const whole = (value: number) => Math.round(value).toLocaleString('en-US');
  return [
    `${whole(figures.eventsPerSecond)} events/s in`,
    `${whole(figures.rowsPerSecond)} rows/s committed`,
    `lag ${whole(figures.ingestLag)} events, ${whole(figures.writerLag)} blocks`,
    `dead letters ${whole(figures.deadLetters)}`,
  ].join(' | ');
}

/** Counters begin at 0 when a service restarts: then everything counted since is new. */
export function increase(before: number | undefined, now: number): number {
  return before === undefined ? 0 : now >= before ? now - before : now;
}

interface Source {
  readonly url: string;
  readonly counters: Map<string, number>;
}

/** Sums the metrics of several instances over time. */
export class PipelineFigures {
  readonly #ingest: Source[];
  readonly #writer: Source[];
  #lastPoll = performance.now();

  constructor(ingestUrls: readonly string[], writerUrls: readonly string[]) {
    this.#ingest = ingestUrls.map((url) => ({ url, counters: new Map() }));
    this.#writer = writerUrls.map((url) => ({ url, counters: new Map() }));
  }

  async poll(): Promise<Figures> {
    const [ingest, writer] = await Promise.all([scrapeAll(this.#ingest), scrapeAll(this.#writer)]);
    const now = performance.now();
    const seconds = Math.max((now - this.#lastPoll) / 1000, 0.001);
    this.#lastPoll = now;
    const grown = (scraped: readonly Scraped[], metric: string) =>
      scraped.reduce((sum, { source, text }) => {
        const value = sumOf(text, metric);
        const more = increase(source.counters.get(metric), value);
        source.counters.set(metric, value);
        return sum + more;
      }, 0);
    const total = (scraped: readonly Scraped[], metric: string) =>
      scraped.reduce((sum, { text }) => sum + sumOf(text, metric), 0);
    return {
      eventsPerSecond: grown(ingest, 'chip_ingest_records_total') / seconds,
      rowsPerSecond: grown(writer, 'chip_writer_rows_total') / seconds,
      ingestLag: total(ingest, 'chip_ingest_lag_records'),
      writerLag: total(writer, 'chip_writer_lag_records'),
      deadLetters: total(ingest, 'chip_ingest_dead_letters_total') + total(writer, 'chip_writer_dead_letters_total'),
    };
  }
}

interface Scraped {
  readonly source: Source;
  readonly text: string;
}

/** Leaves out an instance that is restarting. */
async function scrapeAll(sources: readonly Source[]): Promise<Scraped[]> {
  const scraped = await Promise.all(
    sources.map(async (source) => {
      try {
        const response = await fetch(`${source.url}/metrics`, { signal: AbortSignal.timeout(POLL_MS) });
        return [{ source, text: await response.text() }];
      } catch {
        return [];
      }
    }),
  );
  return scraped.flat();
}

/** Writes messages above the line, so that they do not overwrite each other. */
export class LiveLine {
  readonly #output: NodeJS.WriteStream;
  #line = '';
  #printedAt = -Infinity;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  readonly print = (message: string): void => {
    this.#output.write(this.#line === '' ? `${message}\n` : `${CLEAR_LINE}${message}\n${this.#line}`);
  };

  #show(line: string): void {
    if (this.#output.isTTY) {
      this.#line = line.slice(0, this.#output.columns - 1);
      this.#output.write(`${CLEAR_LINE}${this.#line}`);
    } else if (performance.now() - this.#printedAt >= PLAIN_EVERY_MS) {
      this.#printedAt = performance.now();
      this.#output.write(`${line}\n`);
    }
  }

  /** Ends the line; further output begins on a new one. */
  #finish(): void {
    if (this.#line !== '') {
      this.#line = '';
      this.#output.write('\n');
    }
  }

  /** Continues until the signal is aborted. */
  async follow(figures: PipelineFigures, signal: AbortSignal): Promise<void> {
    try {
      for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
        this.#show(formatFigures(await figures.poll()));
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    } finally {
      this.#finish();
    }
  }
}
