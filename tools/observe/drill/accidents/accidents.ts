/** What goes wrong in the drill, and the alerts that must tell of it. */
import type { Accident } from './accident.ts';
import { fillingDisk, noBackup, oldBackup, staleReplica } from './copies.ts';
import { failingJob, forgottenTransaction, manyConnections, noArchive, noDatabase, smallMemory } from './database.ts';
import {
  badMachine,
  blockedTable,
  brokenSessions,
  competingWriter,
  deletedRecords,
  frozenIngest,
  refusedRows,
} from './pipeline.ts';
import {
  blockedRequests,
  crashingQuery,
  damagedCertificate,
  noQuery,
  scannedRoutes,
  slowRequests,
  throttledQuery,
} from './services.ts';
import { blockedFold, blockedSummary, brokenFold, idleFolds, noUpkeep } from './upkeep.ts';

const nothing: Accident = {
  what: 'nothing at all',
  alerts: ['Watchdog'],
  begin: async () => async () => undefined,
};

/** In this order. What restarts the database comes last, and each accident begins with a whole system. */
export const ACCIDENTS: Readonly<Record<string, Accident>> = {
  nothing,
  'no-query': noQuery,
  'crashing-query': crashingQuery,
  'throttled-query': throttledQuery,
  'bad-machine': badMachine,
  'frozen-ingest': frozenIngest,
  'refused-rows': refusedRows,
  'blocked-table': blockedTable,
  'broken-sessions': brokenSessions,
  'competing-writer': competingWriter,
  'many-connections': manyConnections,
  'forgotten-transaction': forgottenTransaction,
  'idle-folds': idleFolds,
  'broken-fold': brokenFold,
  'blocked-fold': blockedFold,
  'blocked-summary': blockedSummary,
  'no-upkeep': noUpkeep,
  'failing-job': failingJob,
  'blocked-requests': blockedRequests,
  'slow-requests': slowRequests,
  'scanned-routes': scannedRoutes,
  'damaged-certificate': damagedCertificate,
  'filling-disk': fillingDisk,
  'stale-replica': staleReplica,
  'deleted-records': deletedRecords,
  'small-memory': smallMemory,
  'no-database': noDatabase,
  'no-archive': noArchive,
  'no-backup': noBackup,
  'old-backup': oldBackup,
};

/**
 * Metrics in the rules that no single machine has, and why. The branches of the rules that use them are tested with
 * promtool alone; each of these alerts is provoked through another branch.
 */
export const NOT_PROVOKED: Readonly<Record<string, string>> = {
  cnpg_: 'CloudNativePG exports them from the pods of its clusters in Kubernetes',
  barman_cloud_: 'the Barman Cloud plugin of CloudNativePG exports them, which runs in Kubernetes only',
  kubelet_: 'the kubelet exports them for volumes of pods',
  pg_up: 'postgres_exporter is not part of this product; the rule serves those who have it',
};
