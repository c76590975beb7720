export * from './test-kafka.ts';
export * from './wait-for.ts';
