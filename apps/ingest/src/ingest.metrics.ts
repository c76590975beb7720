import { Counter, Gauge, type Registry } from 'prom-client';

/** Every metric of ingest. */
export class IngestMetrics {
  readonly records: Counter<'topic'>;
  readonly rows: Counter<'topic'>;
  readonly deadLetters: Counter<'topic' | 'code'>;
  readonly unknownFields: Counter<'topic'>;
  readonly deletedUnread: Counter<'topic'>;
  readonly blocks: Counter<'topic'>;
  readonly blockBytes: Counter<'topic'>;
  readonly lag: Gauge<'topic' | 'partition'>;
  readonly stopped: Gauge<'topic' | 'partition' | 'state'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = (name: string, help: string): Counter<'topic'> =>
      new Counter({ name, help, labelNames: ['topic'], registers });
    this.records = counter('chip_ingest_records_total', 'Records read from machine topics.');
    this.rows = counter('chip_ingest_rows_total', 'Accepted elements sent on in blocks.');
    this.unknownFields = counter('chip_ingest_unknown_fields_total', 'Fields outside of the contract, kept in _extra.');
    this.blocks = counter('chip_ingest_blocks_total', 'Blocks acknowledged by the broker.');
    this.blockBytes = counter('chip_ingest_block_bytes_total', 'Bytes of these blocks before compression.');
    this.deletedUnread = counter(
      'chip_ingest_deleted_unread_total',
      'Offsets that retention deleted before they were read. Each range stops its partition in the writer as a gap.',
    );
    this.deadLetters = new Counter({
      name: 'chip_ingest_dead_letters_total',
      help: 'Dead letters sent by ingest; after a crash a letter may be sent and counted twice.',
      labelNames: ['topic', 'code'],
      registers,
    });
    this.lag = new Gauge({
      name: 'chip_ingest_lag_records',
      help: 'Records of the machine topic that are not in an acknowledged block yet.',
      labelNames: ['topic', 'partition'],
      registers,
    });
    this.stopped = new Gauge({
      name: 'chip_ingest_partition_stopped',
      help: '1 while ingest stands still in a partition, for the state named; absent while it runs.',
      labelNames: ['topic', 'partition', 'state'],
      registers,
    });
  }
}
