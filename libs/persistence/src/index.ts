export * from './copy-text.ts';
export * from './database-error.ts';
export * from './database-status.ts';
export * from './database.ts';
export * from './load-session.ts';
export * from './migrate.ts';
export * from './positions.ts';
