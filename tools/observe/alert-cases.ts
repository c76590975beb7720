/**
 * Longer than 350 lines: a table, with one entry for each alert.
 *
 * For each alert, series that make it fire and series that do not, in promtool's notation: a value a minute. The series
 * that stay silent are the nearest healthy neighbours.
 */
interface Firing {
  readonly series: readonly string[];
  /** Labels of each alert that fires, without `severity`. */
  readonly labels: readonly Readonly<Record<string, string>>[];
}

export interface AlertCase {
  readonly firing: readonly Firing[];
  /** Null: always fires. */
  readonly silent: readonly string[] | null;
  /** Minute at which to look. Default 60. */
  readonly at?: number;
}

const UP = ['ingest', 'writer', 'query'].map(
  (service) => `process_start_time_seconds{service="${service}",instance="${service}-1"} 1x70`,
);
const STREAM = 'topic="telemetry.samples.v1",partition="3"';
const TOPIC = { topic: 'telemetry.samples.v1' };
const PARTITION = { ...TOPIC, partition: '3' };

/** The same series as those of one of several cells under one Prometheus. */
const inCell = (cell: string, series: readonly string[]): string[] =>
  series.map((one) => one.replace('{', `{cell="${cell}",`));

/** A histogram whose every observation lies between two bounds. */
const between = (metric: string, labels: string, lower: string, upper: string): string[] => [
  `${metric}_bucket{${labels},le="${lower}"} 0x70`,
  `${metric}_bucket{${labels},le="${upper}"} 0+10x70`,
  `${metric}_bucket{${labels},le="+Inf"} 0+10x70`,
];

export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  ServiceMissing: {
    firing: [
      { series: UP.slice(0, 2), labels: [{ service: 'query' }] },
      { series: [...inCell('a', UP), ...inCell('b', UP.slice(1))], labels: [{ cell: 'b', service: 'ingest' }] },
    ],
    silent: [...inCell('a', UP), ...inCell('b', UP)],
  },
  ServiceRestarting: {
    firing: [
      {
        series: ['process_start_time_seconds{service="writer",instance="w"} 0+60x70'],
        labels: [{ service: 'writer', instance: 'w' }],
      },
    ],
    silent: ['process_start_time_seconds{service="writer",instance="w"} 100x50 3000x20'],
  },
  PartitionStopped: {
    firing: [
      {
        series: [
          `chip_writer_partition_stopped{${STREAM},state="gap"} 1x70`,
          `chip_ingest_partition_stopped{${STREAM},state="send_failed"} 1x70`,
        ],
        labels: [
          { ...PARTITION, state: 'gap' },
          { ...PARTITION, state: 'send_failed' },
        ],
      },
    ],
    silent: [
      `chip_writer_partition_stopped{${STREAM},state="waiting_for_database"} 1x70`,
      `chip_ingest_partition_stopped{${STREAM},state="retention_unknown"} 1x50`,
    ],
  },
  PipelineStalled: {
    firing: [
      {
        series: [
          `chip_database_position_waiting_records{${STREAM}} 5x70`,
          `chip_database_position_offset{${STREAM}} 100x70`,
        ],
        labels: [PARTITION],
      },
      {
        series: [
          ...inCell('a', [
            `chip_database_position_waiting_records{${STREAM}} 5x70`,
            `chip_database_position_offset{${STREAM}} 100+1x70`,
          ]),
          ...inCell('b', [
            `chip_database_position_waiting_records{${STREAM}} 5x70`,
            `chip_database_position_offset{${STREAM}} 100x70`,
          ]),
        ],
        labels: [{ cell: 'b', ...PARTITION }],
      },
    ],
    silent: [
      `chip_database_position_waiting_records{${STREAM}} 5x70`,
      `chip_database_position_offset{${STREAM}} 100+1x70`,
      `chip_database_position_waiting_records{topic="idle",partition="0"} 0x70`,
      `chip_database_position_offset{topic="idle",partition="0"} 100x70`,
    ],
  },
  PipelineLagGrowing: {
    firing: [{ series: [`chip_database_position_lag_seconds{${STREAM}} 0+60x70`], labels: [PARTITION] }],
    silent: [
      `chip_database_position_lag_seconds{${STREAM}} 36000-60x70`,
      `chip_database_position_lag_seconds{topic="other",partition="0"} 3600x70`,
      `chip_database_position_lag_seconds{topic="short",partition="0"} 0+1x70`,
      ...inCell('a', ['chip_database_position_lag_seconds{topic="both",partition="0"} 3600x70']),
      ...inCell('b', ['chip_database_position_lag_seconds{topic="both",partition="0"} 0x40 0+12x30']),
    ],
  },
  EventsLate: {
    firing: [{ series: between('chip_writer_visible_seconds', 'topic="t"', '60', '300'), labels: [{ topic: 't' }] }],
    silent: between('chip_writer_visible_seconds', 'topic="t"', '30', '60'),
  },
  EventsLost: {
    firing: [{ series: ['chip_ingest_deleted_unread_total{topic="t"} 0x40 100x30'], labels: [{ topic: 't' }] }],
    silent: ['chip_ingest_deleted_unread_total{topic="t"} 100x70'],
  },
  DeadLettersMany: {
    firing: [
      {
        series: [
          'chip_ingest_dead_letters_total{topic="t",code="too_old",service="ingest"} 0+1x70',
          'chip_writer_dead_letters_total{topic="t",code="database_rejected",service="writer"} 0+1x70',
          'chip_ingest_records_total{topic="t"} 0+100x70',
        ],
        labels: [{ topic: 't' }],
      },
    ],
    silent: [
      'chip_ingest_dead_letters_total{topic="t",code="too_old",service="ingest"} 0+1x70',
      'chip_ingest_records_total{topic="t"} 0+200x70',
    ],
  },
  MachineRefused: {
    firing: [
      {
        series: [
          'chip_ingest_machine_dead_letters_total{topic="t",machine="a",service="ingest"} 0+5x70',
          'chip_writer_machine_dead_letters_total{topic="t",machine="a",service="writer"} 0+5x70',
          'chip_ingest_machine_dead_letters_total{topic="t",machine="b",service="ingest"} 0+5x70',
        ],
        labels: [{ topic: 't', machine: 'a' }],
      },
    ],
    silent: ['chip_ingest_machine_dead_letters_total{topic="t",machine="b",service="ingest"} 0+5x70'],
  },
  FlushErrors: {
    firing: [
      {
        series: ['chip_writer_retries_total{topic="t",reason="database_unavailable"} 0+6x70'],
        labels: [{ topic: 't', reason: 'database_unavailable' }],
      },
    ],
    silent: ['chip_writer_retries_total{topic="t",reason="database_unavailable"} 0+1x70'],
  },
  FlushSlow: {
    firing: [{ series: between('chip_writer_flush_seconds', 'topic="t"', '5', '15'), labels: [{ topic: 't' }] }],
    silent: between('chip_writer_flush_seconds', 'topic="t"', '2.5', '5'),
  },
  WritersCompete: {
    firing: [{ series: ['chip_writer_position_conflicts_total{topic="t"} 0+1x70'], labels: [{ topic: 't' }] }],
    silent: ['chip_writer_position_conflicts_total{topic="t"} 0x55 8x15'],
  },
  PostgreSQLDown: {
    firing: [
      { series: [`chip_writer_partition_stopped{${STREAM},state="waiting_for_database"} 1x70`], labels: [{}] },
      { series: UP, labels: [{}] },
      {
        series: [...inCell('a', [...UP, 'chip_query_replica_lag_seconds{instance="q"} 0x70']), ...inCell('b', UP)],
        labels: [{ cell: 'b' }],
      },
      { series: ['cnpg_collector_up{pod="db-1"} 0x70'], labels: [{ pod: 'db-1' }] },
      { series: ['pg_up{instance="db"} 0x70'], labels: [{ instance: 'db' }] },
    ],
    silent: [
      ...UP,
      'chip_query_replica_lag_seconds{instance="q"} 0x70',
      `chip_writer_partition_stopped{${STREAM},state="gap"} 1x70`,
      'cnpg_collector_up{pod="db-1"} 1x70',
      'pg_up{instance="db"} 1x70',
    ],
  },
  PostgreSQLHighConnections: {
    firing: [
      {
        series: [
          'chip_database_server_connections{instance="w"} 81x70',
          'chip_database_server_connections_max{instance="w"} 100x70',
        ],
        labels: [{}],
      },
      {
        series: [
          'cnpg_backends_total{pod="db-1",state="idle"} 50x70',
          'cnpg_backends_total{pod="db-1",state="active"} 40x70',
          'cnpg_pg_settings_setting{pod="db-1",name="max_connections"} 100x70',
        ],
        labels: [{ pod: 'db-1' }],
      },
    ],
    silent: [
      'chip_database_server_connections{instance="w"} 80x70',
      'chip_database_server_connections_max{instance="w"} 100x70',
      'cnpg_backends_total{pod="db-1",state="idle"} 40x70',
      'cnpg_backends_total{pod="db-1",state="active"} 40x70',
      'cnpg_pg_settings_setting{pod="db-1",name="max_connections"} 100x70',
    ],
  },
  PostgreSQLLongRunningTransactions: {
    firing: [
      { series: ['chip_database_oldest_snapshot_seconds{instance="w"} 0+60x70'], labels: [{}] },
      {
        series: ['cnpg_backends_max_tx_duration_seconds{pod="db-1",usename="chip_api"} 0+60x70'],
        labels: [{ pod: 'db-1' }],
      },
    ],
    silent: [
      'chip_database_oldest_snapshot_seconds{instance="w"} 900x70',
      'cnpg_backends_max_tx_duration_seconds{pod="db-1",usename="streaming_replica"} 9000x70',
    ],
  },
  TimescaleDBHighChunkSize: {
    firing: [
      {
        series: [
          'chip_database_largest_chunk_bytes{table="system_metrics"} 600000000x100',
          'chip_database_shared_buffers_bytes{instance="w"} 134217728x100',
        ],
        labels: [{ table: 'system_metrics' }],
      },
    ],
    silent: [
      'chip_database_largest_chunk_bytes{table="system_metrics"} 500000000x100',
      'chip_database_shared_buffers_bytes{instance="w"} 134217728x100',
    ],
    at: 90,
  },
  UnfoldedDeltas: {
    firing: [{ series: ['chip_database_unfolded_deltas{queue="metrics"} 60000x70'], labels: [{ queue: 'metrics' }] }],
    silent: ['chip_database_unfolded_deltas{queue="metrics"} 50000x70'],
  },
  RollupsOld: {
    firing: [
      {
        series: [
          'chip_database_rollup_age_seconds{rollup="yield"} 700x70',
          'chip_database_rollup_age_seconds{rollup="metrics_hourly"} 700x70',
          'chip_database_rollup_age_seconds{rollup="metrics_daily"} 11000x70',
        ],
        labels: [{ rollup: 'yield' }, { rollup: 'metrics_daily' }],
      },
    ],
    silent: [
      'chip_database_rollup_age_seconds{rollup="metrics"} 5x70',
      'chip_database_rollup_age_seconds{rollup="metrics_hourly"} 700x70',
      'chip_database_rollup_age_seconds{rollup="metrics_daily"} 4000x70',
    ],
  },
  SummaryOld: {
    firing: [{ series: ['chip_database_summary_age_seconds 1900x70'], labels: [{}] }],
    silent: ['chip_database_summary_age_seconds 1200x70'],
  },
  UpkeepMissing: {
    firing: [
      {
        series: ['chip_maintenance_active{instance="a"} 0x70', 'chip_maintenance_active{instance="b"} 0x70'],
        labels: [{}],
      },
      {
        series: [
          ...inCell('a', ['chip_maintenance_active{instance="a"} 1x70']),
          ...inCell('b', ['chip_maintenance_active{instance="a"} 0x70']),
        ],
        labels: [{ cell: 'b' }],
      },
    ],
    silent: ['chip_maintenance_active{instance="a"} 0x70', 'chip_maintenance_active{instance="b"} 1x70'],
  },
  UpkeepFailing: {
    firing: [
      {
        series: [
          'chip_maintenance_runs_total{task="fold_yield",outcome="failed"} 0+1x70',
          'chip_database_task_age_seconds{task="prune_measurement_sets"} 100000x70',
        ],
        labels: [{ task: 'fold_yield' }, { task: 'prune_measurement_sets' }],
      },
    ],
    silent: [
      'chip_maintenance_runs_total{task="fold_yield",outcome="ok"} 0+10x70',
      'chip_maintenance_runs_total{task="fold_yield",outcome="failed"} 0x50 1x20',
      'chip_database_task_age_seconds{task="prune_measurement_sets"} 86500x70',
    ],
  },
  DatabaseJobsFailing: {
    firing: [{ series: ['chip_database_failed_jobs 2x70'], labels: [{}] }],
    silent: ['chip_database_failed_jobs 0x40 1x20'],
  },
  WalArchiveFailing: {
    firing: [
      { series: ['chip_database_wal_archive_failed 1x70'], labels: [{}] },
      {
        series: [
          'cnpg_pg_stat_archiver_last_failed_time{pod="db-1"} 200x70',
          'cnpg_pg_stat_archiver_last_archived_time{pod="db-1"} 100x70',
        ],
        labels: [{ pod: 'db-1' }],
      },
    ],
    silent: [
      'chip_database_wal_archive_failed 0x70',
      'cnpg_pg_stat_archiver_last_failed_time{pod="db-1"} 100x70',
      'cnpg_pg_stat_archiver_last_archived_time{pod="db-1"} 200x70',
    ],
  },
  BackupOld: {
    firing: [
      {
        series: ['barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="n"} -100000x70'],
        labels: [{ namespace: 'n' }],
      },
      {
        series: ['pgbackrest_backup_since_last_completion_seconds{stanza="main",backup_type="full"} 100000x70'],
        labels: [{ stanza: 'main' }],
      },
      { series: ['cnpg_collector_up{namespace="n",pod="db-1"} 1x70'], labels: [{ namespace: 'n' }] },
      { series: ['pgbackrest_stanza_status{stanza="main"} 2x70'], labels: [{ stanza: 'main' }] },
    ],
    silent: [
      'barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{namespace="n"} 100x70',
      'cnpg_collector_up{namespace="n",pod="db-1"} 1x70',
      'pgbackrest_backup_since_last_completion_seconds{stanza="main",backup_type="full"} 600000x70',
      'pgbackrest_backup_since_last_completion_seconds{stanza="main",backup_type="diff"} 80000x70',
      'pgbackrest_stanza_status{stanza="main"} 0x70',
    ],
  },
  ReplicaLag: {
    firing: [
      { series: ['chip_query_replica_lag_seconds{instance="q"} 90x70'], labels: [{ instance: 'q' }] },
      { series: ['cnpg_pg_replication_lag{pod="db-2"} 90x70'], labels: [{ pod: 'db-2' }] },
    ],
    silent: ['chip_query_replica_lag_seconds{instance="q"} 30x70', 'cnpg_pg_replication_lag{pod="db-2"} 30x70'],
  },
  DiskFull: {
    firing: [
      {
        series: [
          'kubelet_volume_stats_available_bytes{namespace="chip-quality",persistentvolumeclaim="db"} 100000000000-100000000x410',
        ],
        labels: [{ namespace: 'chip-quality', persistentvolumeclaim: 'db' }],
      },
      {
        series: ['kubelet_volume_stats_available_bytes{namespace="chip-quality",persistentvolumeclaim="full"} 0x410'],
        labels: [{ namespace: 'chip-quality', persistentvolumeclaim: 'full' }],
      },
      {
        series: ['node_filesystem_avail_bytes{fstype="ext4",mountpoint="/data"} 100000000000-100000000x410'],
        labels: [{ fstype: 'ext4', mountpoint: '/data' }],
      },
    ],
    silent: [
      'kubelet_volume_stats_available_bytes{namespace="chip-quality",persistentvolumeclaim="db"} 100000000000-1000000x410',
      'kubelet_volume_stats_available_bytes{namespace="other",persistentvolumeclaim="x"} 100000000000-100000000x410',
      'node_filesystem_avail_bytes{fstype="ext4",mountpoint="/data"} 100000000000-1000000x410',
      'node_filesystem_avail_bytes{fstype="overlay",mountpoint="/"} 100000000000-100000000x410',
    ],
    at: 400,
  },
  QueryErrors: {
    firing: [
      {
        series: [
          'chip_query_request_seconds_count{route="/v1/yield",status="500"} 0+10x70',
          'chip_query_request_seconds_count{route="/v1/yield",status="200"} 0+100x70',
        ],
        labels: [{}],
      },
    ],
    silent: [
      'chip_query_request_seconds_count{route="/v1/yield",status="500"} 0+1x70',
      'chip_query_request_seconds_count{route="/v1/yield",status="404"} 0+100x70',
    ],
  },
  QuerySlow: {
    firing: [
      {
        series: between('chip_query_request_seconds', 'route="/v1/yield"', '5', '10'),
        labels: [{ route: '/v1/yield' }],
      },
    ],
    silent: [
      ...between('chip_query_request_seconds', 'route="/v1/yield"', '2.5', '5'),
      ...between('chip_query_request_seconds', 'route="/v1/export/measurements"', '5', '10'),
      ...between('chip_query_request_seconds', 'route="/v1/events"', '30', '60'),
    ],
  },
  PoolSaturated: {
    firing: [
      {
        series: ['chip_query_database_connections{instance="q",pool="statistic",state="waiting"} 3x70'],
        labels: [{ instance: 'q', pool: 'statistic' }],
      },
    ],
    silent: [
      'chip_query_database_connections{instance="q",pool="statistic",state="waiting"} 0x70',
      'chip_query_database_connections{instance="q",pool="statistic",state="busy"} 10x70',
    ],
  },
  EventLoopBlocked: {
    firing: [
      {
        series: ['nodejs_eventloop_lag_p99_seconds{service="query",instance="q"} 2x70'],
        labels: [{ service: 'query', instance: 'q' }],
      },
    ],
    silent: ['nodejs_eventloop_lag_p99_seconds{service="query",instance="q"} 0.5x70'],
  },
  CertificateExpires: {
    firing: [
      {
        series: [
          'chip_certificate_expiry_timestamp_seconds{service="query",certificate="HTTPS_CERTIFICATE"} 300000x70',
          'chip_certificate_expiry_timestamp_seconds{service="writer",certificate="sslcert"} 0x70',
        ],
        labels: [
          { service: 'query', certificate: 'HTTPS_CERTIFICATE' },
          { service: 'writer', certificate: 'sslcert' },
        ],
      },
    ],
    silent: ['chip_certificate_expiry_timestamp_seconds{service="query",certificate="HTTPS_CERTIFICATE"} 1300000x70'],
  },
  MetricsCardinality: {
    firing: [
      {
        series: ['scrape_samples_post_metric_relabeling{job="chip-quality/services",instance="w"} 5001x70'],
        labels: [{ job: 'chip-quality/services', instance: 'w' }],
      },
    ],
    silent: [
      'scrape_samples_post_metric_relabeling{job="chip-quality/services",instance="w"} 5000x70',
      'scrape_samples_post_metric_relabeling{job="kubelet",instance="k"} 90000x70',
    ],
  },
  Watchdog: { firing: [{ series: [], labels: [{}] }], silent: null },
};
