/** Kafka as a module and a transport of Nest; an entry of its own, as in `@chip/service/nest`. */
export * from './batch-server.ts';
export * from './kafka.module.ts';
