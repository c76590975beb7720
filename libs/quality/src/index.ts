export * from './distributions.ts';
export * from './pareto.ts';
export * from './proportions.ts';
