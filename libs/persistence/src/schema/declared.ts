/** What all migrations together declare; a later one may redeclare a table or function. */
import { type Functions, retentionFunction, type Tables } from './declarations.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { MONITORING_TABLES } from './monitoring-views.ts';

export const TABLES: Tables = Object.assign(
  {},
  ...MIGRATIONS.map((migration) => migration.class.tables),
  MONITORING_TABLES,
);

const deletions: Functions = Object.fromEntries(
  Object.entries(TABLES)
    .filter(([, { retention }]) => retention?.rows !== undefined)
    .map(([table]) => [retentionFunction(table), ['chip_writer'] as const]),
);

export const FUNCTIONS: Functions = Object.assign(
  deletions,
  ...MIGRATIONS.map((migration) => migration.class.functions),
);
