export * from './pareto.ts';
