export * from './private-server.ts';
export * from './test-database.ts';
export { sumUpDays } from '../upkeep/sum-up-days.ts';
