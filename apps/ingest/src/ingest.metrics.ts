import { STREAMS } from '@chip/contracts';
import { BoundedLabel, Meters } from '@chip/service';
import { Injectable } from '@nestjs/common';
import { type Counter, type Gauge, Registry } from 'prom-client';

/** Names of machines in labels; the machines beyond them share one. */
const MAX_MACHINES = 200;

@Injectable()
export class IngestMetrics {
  readonly records: Counter<'topic'>;
  readonly rows: Counter<'topic'>;
  readonly deadLetters: Counter<'topic' | 'code'>;
  readonly machineDeadLetters: Counter<'topic' | 'machine'>;
  readonly machines = new BoundedLabel(MAX_MACHINES);
  readonly unknownFields: Counter<'topic'>;
  readonly deletedUnread: Counter<'topic'>;
  readonly blocks: Counter<'topic'>;
  readonly blockBytes: Counter<'topic'>;
  readonly lag: Gauge<'topic' | 'partition'>;
  readonly stopped: Gauge<'topic' | 'partition' | 'state'>;

  constructor(registry: Registry) {
    const meters = new Meters(registry);
    this.records = meters.counter('chip_ingest_records_total', 'Records read from machine topics.', ['topic']);
    this.rows = meters.counter('chip_ingest_rows_total', 'Accepted elements sent on in blocks.', ['topic']);
    this.unknownFields = meters.counter(
      'chip_ingest_unknown_fields_total',
      'Fields outside the contract, kept in _extra.',
      ['topic'],
    );
    this.blocks = meters.counter('chip_ingest_blocks_total', 'Blocks acknowledged by the broker.', ['topic']);
    this.blockBytes = meters.counter('chip_ingest_block_bytes_total', 'Bytes of these blocks before compression.', [
      'topic',
    ]);
    this.deletedUnread = meters.counter(
      'chip_ingest_deleted_unread_total',
      'Offsets that retention deleted before they were read. Each range stops its partition in the writer as a gap.',
      ['topic'],
    );
    // A series that begins with its first loss would show no increase.
    STREAMS.forEach(({ source: topic }) => this.deletedUnread.inc({ topic }, 0));
    this.deadLetters = meters.counter(
      'chip_ingest_dead_letters_total',
      'Dead letters sent by ingest; after a crash a letter may be sent and counted twice.',
      ['topic', 'code'],
    );
    this.machineDeadLetters = meters.counter(
      'chip_ingest_machine_dead_letters_total',
      'The same dead letters by the machine that the event names, or its CloudEvent source; at most 200 names, then other.',
      ['topic', 'machine'],
    );
    this.lag = meters.gauge(
      'chip_ingest_lag_records',
      'Records of the machine topic not yet in an acknowledged block.',
      ['topic', 'partition'],
    );
    this.stopped = meters.gauge(
      'chip_ingest_partition_stopped',
      '1 while ingest has stopped a partition in the named state; absent while it runs.',
      ['topic', 'partition', 'state'],
    );
  }
}
