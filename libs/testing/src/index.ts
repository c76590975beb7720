export * from './held-bytes.ts';
export * from './kafka-access.ts';
export * from './template-database.ts';
export * from './test-authority.ts';
export * from './test-kafka.ts';
export * from './wait-for.ts';
