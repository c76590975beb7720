import { BoundedLabel, Meters } from '@chip/service';
import { Injectable } from '@nestjs/common';
import { type Counter, type Gauge, type Histogram, Registry } from 'prom-client';

/** Names of machines in labels; the machines beyond them share one. */
const MAX_MACHINES = 200;

@Injectable()
export class WriterMetrics {
  readonly rows: Counter<'topic'>;
  readonly elements: Counter<'topic'>;
  readonly duplicates: Counter<'topic'>;
  readonly deadLetters: Counter<'topic' | 'code'>;
  readonly machineDeadLetters: Counter<'topic' | 'machine'>;
  readonly machines = new BoundedLabel(MAX_MACHINES);
  readonly flushes: Counter<'topic'>;
  readonly flushSeconds: Histogram<'topic'>;
  readonly visibleSeconds: Histogram<'topic'>;
  readonly flushRows: Histogram<'topic'>;
  readonly retries: Counter<'topic' | 'reason'>;
  readonly conflicts: Counter<'topic'>;
  readonly trimmed: Counter<'topic'>;
  readonly restarts: Counter<'topic' | 'kind'>;
  readonly lag: Gauge<'topic' | 'partition'>;
  readonly stopped: Gauge<'topic' | 'partition' | 'state'>;

  constructor(registry: Registry) {
    const meters = new Meters(registry);
    this.rows = meters.counter('chip_writer_rows_total', 'Rows committed to all tables.', ['topic']);
    this.elements = meters.counter(
      'chip_writer_elements_total',
      'Accepted elements committed: samples or inspection events.',
      ['topic'],
    );
    this.duplicates = meters.counter(
      'chip_writer_duplicates_total',
      'Inspection events already in the database under the same id and content.',
      ['topic'],
    );
    this.deadLetters = meters.counter(
      'chip_writer_dead_letters_total',
      'Dead letters sent by the writer; after a crash a letter may be sent and counted twice.',
      ['topic', 'code'],
    );
    this.machineDeadLetters = meters.counter(
      'chip_writer_machine_dead_letters_total',
      'The same dead letters by the machine that the event names; at most 200 names, then other.',
      ['topic', 'machine'],
    );
    this.flushes = meters.counter('chip_writer_flushes_total', 'Committed flushes.', ['topic']);
    this.flushSeconds = meters.histogram(
      'chip_writer_flush_seconds',
      'Time of one flush, from BEGIN to COMMIT, including dead letters and retries.',
      ['topic'],
      [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    );
    this.visibleSeconds = meters.histogram(
      'chip_writer_visible_seconds',
      'From the append of an event by the broker to the commit of its rows: of the oldest event of each block, so no event took longer. Both clocks count.',
      ['topic'],
      [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400],
    );
    this.flushRows = meters.histogram(
      'chip_writer_flush_rows',
      'Rows of one flush.',
      ['topic'],
      [1, 10, 100, 1000, 5000, 10_000, 20_000, 50_000],
    );
    this.retries = meters.counter(
      'chip_writer_retries_total',
      'Flushes retried because the database was unavailable.',
      ['topic', 'reason'],
    );
    this.conflicts = meters.counter(
      'chip_writer_position_conflicts_total',
      'Flushes dropped because another writer had moved the position, or taken the partition over.',
      ['topic'],
    );
    this.trimmed = meters.counter('chip_writer_trimmed_blocks_total', 'Blocks already applied in part or whole.', [
      'topic',
    ]);
    this.restarts = meters.counter(
      'chip_writer_accepted_topic_restarts_total',
      'Times an accepted topic was read from its start because it was replaced or had lost its end.',
      ['topic', 'kind'],
    );
    this.lag = meters.gauge('chip_writer_lag_records', 'Blocks of the accepted topic not applied yet.', [
      'topic',
      'partition',
    ]);
    this.stopped = meters.gauge(
      'chip_writer_partition_stopped',
      '1 while a partition is stopped in the named state; absent while it runs.',
      ['topic', 'partition', 'state'],
    );
  }
}
