/** Makes and changes the schema, by MikroORM's migrator. */
export * from './migrate.ts';
