import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Injectable } from '@nestjs/common';

/** Every metric of the writer. */
@Injectable()
export class WriterMetrics {
  readonly rows: Counter<'topic'>;
  readonly elements: Counter<'topic'>;
  readonly duplicates: Counter<'topic'>;
  readonly deadLetters: Counter<'topic' | 'code'>;
  readonly flushes: Counter<'topic'>;
  readonly flushSeconds: Histogram<'topic'>;
  readonly flushRows: Histogram<'topic'>;
  readonly retries: Counter<'topic' | 'reason'>;
  readonly conflicts: Counter<'topic'>;
  readonly trimmed: Counter<'topic'>;
  readonly restarts: Counter<'topic' | 'kind'>;
  readonly lag: Gauge<'topic' | 'partition'>;
  readonly stopped: Gauge<'topic' | 'partition' | 'state'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const topic = ['topic'] as const;
    this.rows = new Counter({
      name: 'chip_writer_rows_total',
      help: 'Rows committed to all tables.',
      labelNames: topic,
      registers,
    });
    this.elements = new Counter({
      name: 'chip_writer_elements_total',
      help: 'Accepted elements committed: samples or inspection events.',
      labelNames: topic,
      registers,
    });
    this.duplicates = new Counter({
      name: 'chip_writer_duplicates_total',
      help: 'Inspection events that were in the database already under the same id and content.',
      labelNames: topic,
      registers,
    });
    this.deadLetters = new Counter({
      name: 'chip_writer_dead_letters_total',
      help: 'Dead letters sent by the writer; after a crash a letter may be sent and counted twice.',
      labelNames: ['topic', 'code'],
      registers,
    });
    this.flushes = new Counter({
      name: 'chip_writer_flushes_total',
      help: 'Committed flushes.',
      labelNames: topic,
      registers,
    });
    this.flushSeconds = new Histogram({
      name: 'chip_writer_flush_seconds',
      help: 'Time of one flush, from BEGIN to COMMIT, dead letters and repetitions included.',
      labelNames: topic,
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
      registers,
    });
    this.flushRows = new Histogram({
      name: 'chip_writer_flush_rows',
      help: 'Rows of one flush.',
      labelNames: topic,
      buckets: [1, 10, 100, 1000, 5000, 10_000, 20_000, 50_000],
      registers,
    });
    this.retries = new Counter({
      name: 'chip_writer_retries_total',
      help: 'Flushes tried again because the database could not serve.',
      labelNames: ['topic', 'reason'],
      registers,
    });
    this.conflicts = new Counter({
      name: 'chip_writer_position_conflicts_total',
      help: 'Flushes dropped because another writer had moved the position.',
      labelNames: topic,
      registers,
    });
    this.trimmed = new Counter({
      name: 'chip_writer_trimmed_blocks_total',
      help: 'Blocks of which a part, or all, had been applied before.',
      labelNames: topic,
      registers,
    });
    this.restarts = new Counter({
      name: 'chip_writer_accepted_topic_restarts_total',
      help: 'Accepted topics read from their start, because they were replaced or had lost their end.',
      labelNames: ['topic', 'kind'],
      registers,
    });
    this.lag = new Gauge({
      name: 'chip_writer_lag_records',
      help: 'Blocks of the accepted topic that are not applied yet.',
      labelNames: ['topic', 'partition'],
      registers,
    });
    this.stopped = new Gauge({
      name: 'chip_writer_partition_stopped',
      help: '1 while a partition stands still for the state named; absent while it runs.',
      labelNames: ['topic', 'partition', 'state'],
      registers,
    });
  }
}
