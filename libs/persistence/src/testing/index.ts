export * from './private-server.ts';
export * from './test-database.ts';
