/** What goes wrong between the machines and the tables. */
import { pause } from '../../../devstack/processes/wait-for.ts';
import { type Accident, locked, persistently } from './accident.ts';

const TELEMETRY = 'telemetry.samples.v1';

const samples = (count: number, fields: object): { key: string; value: string }[] =>
  Array.from({ length: count }, () => ({
    key: 'drill',
    value: JSON.stringify({
      time: new Date().toISOString(),
      service_name: 'drill',
      metric_name: 'm',
      metric_value: 1,
      ...fields,
    }),
  }));

export const badMachine: Accident = {
  what: 'a machine publishes samples that no one can read',
  alerts: ['DeadLettersMany', 'MachineRefused'],
  begin: async (system) =>
    persistently(async (stop) => {
      await system.produce(TELEMETRY, samples(20, { host: 'drill-1', metric_value: 'high' }));
      await pause(500, stop);
    }),
};

export const frozenIngest: Accident = {
  what: 'ingest freezes while machines publish',
  alerts: ['PipelineStalled', 'PipelineLagGrowing'],
  begin: async (system) => {
    system.signalTo('ingest-1', 'SIGSTOP');
    return async () => system.signalTo('ingest-1', 'SIGCONT');
  },
};

export const refusedRows: Accident = {
  what: 'the writer loses its right to insert samples',
  alerts: ['PartitionStopped'],
  begin: async (system) => {
    await system.sql('REVOKE INSERT ON system_metrics FROM chip_writer');
    return async () => {
      await system.sql('GRANT INSERT ON system_metrics TO chip_writer');
      // The way out of the runbook. A partition that has tried again by itself refuses it.
      const stopped = await system.sql<{ partition: number }>(
        `SELECT source_partition AS partition FROM stream_positions WHERE source_topic = $1 AND state <> 'running'`,
        [TELEMETRY],
      );
      for (const { partition } of stopped) {
        const args = ['resume', TELEMETRY, String(partition), '--reason', 'drill', '--yes'];
        await system.operator('positions', args).catch(() => undefined);
      }
    };
  },
};

export const blockedTable: Accident = {
  what: 'another session locks the table of samples, again and again for 7 s',
  alerts: ['FlushSlow', 'EventsLate'],
  begin: async (system) =>
    persistently(async (stop) => {
      const session = await locked(system, 'LOCK TABLE system_metrics IN SHARE MODE');
      await pause(7_000, stop);
      await session.end();
      await pause(500, stop);
    }),
};

export const deletedRecords: Accident = {
  what: 'retention deletes records that ingest has not read',
  alerts: ['EventsLost', 'PartitionStopped'],
  begin: async (system) => {
    await system.stop('ingest-1');
    await system.produce(TELEMETRY, samples(50, { host: 'lost' }));
    const ends = await system.admin.fetchTopicOffsets(TELEMETRY);
    const partitions = ends
      .filter(({ low, high }) => low !== high)
      .map(({ partition, high }) => ({ partition, offset: high }));
    await system.admin.deleteTopicRecords({ topic: TELEMETRY, partitions });
    await system.start('ingest-1');
    return async () => {
      for (const { partition, offset } of partitions) {
        const args = ['accept-gap', TELEMETRY, String(partition), '--to', offset, '--reason', 'drill', '--yes'];
        // A partition of which ingest had read everything has no gap.
        await system.operator('positions', args).catch(() => undefined);
      }
    };
  },
};

export const brokenSessions: Accident = {
  what: 'the sessions of the writer break every 2 s',
  alerts: ['FlushErrors'],
  begin: async (system) =>
    persistently(async (stop) => {
      await system.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'chip-writer %'`,
      );
      await pause(2_000, stop);
    }),
};

export const competingWriter: Accident = {
  what: 'a second deployment writes into the same database, in a consumer group of its own',
  alerts: ['WritersCompete'],
  begin: async (system) => {
    await system.start('writer-2', { GROUP_PREFIX: 'drill-' });
    return () => system.stop('writer-2');
  },
};
