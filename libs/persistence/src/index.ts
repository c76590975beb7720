/**
 * Connections, positions, loading and upkeep, for every service. What needs MikroORM has entries of its own, because it
 * takes a third of a service's start-up time and 18 MB: `@chip/persistence/repositories` for what the query service keeps,
 * and `@chip/persistence/schema`.
 */
export * from './access/api-keys.ts';
export * from './access/ended-sessions.ts';
export * from './audit/audit.ts';
export * from './connection/database-error.ts';
export * from './connection/database.ts';
export * from './connection/load-session.ts';
export { parseMicros } from './connection/pg-values.ts';
export * from './connection/replica-lag.ts';
export * from './positions/dead-letter-index.ts';
export * from './positions/dead-letter-replays.ts';
export * from './positions/ingest-partitions.ts';
export * from './positions/position-changes.ts';
export * from './positions/positions.ts';
export { convertEdition, EditionError } from './schema/convert-edition.ts';
export * from './schema/database-status.ts';
export * from './schema/schema-ready.ts';
export * from './upkeep/maintenance.ts';
export * from './upkeep/rebuild-rollups.ts';
export * from './upkeep/refresh-daily-summary.ts';
export * from './upkeep/retention.ts';
export { LIMIT_SETTINGS, LIMITED_ROLE, LIMITED_SEARCH_PATH } from './schema/limited-views.ts';
