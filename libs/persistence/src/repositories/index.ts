/** What the query service keeps, by MikroORM. */
export type { Parameter } from '../schema/entities/parameter.entity.ts';
export type { ProductionCalendar, Shift } from '../schema/entities/production-calendar.entity.ts';
export type { WaferGeometry } from '../schema/entities/wafer-geometry.entity.ts';
export * from './annotation.repository.ts';
export * from './control-limits.repository.ts';
export * from './inspection.repository.ts';
export * from './unit-of-work.ts';
export * from './version.repository.ts';
