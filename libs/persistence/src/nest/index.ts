/** Connections as a module of Nest; an entry of its own, as in `@chip/service/nest`. */
export * from './database.module.ts';
