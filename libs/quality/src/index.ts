/**
 * Quality statistics as pure functions, checked against published values:
 * `yield/` yields, Pareto, proportions and tool comparison, `charts/` control charts and their rules, `capability/` indices
 * against specification limits, `gauge/` gauge R&R, `wafer/` where dice lie, `numbers/` moments, distributions and constants behind them all.
 */
export * from './capability/capability.ts';
export * from './charts/back-test.ts';
export * from './charts/chart.ts';
export * from './charts/control-rules.ts';
export * from './charts/counts.ts';
export * from './charts/ewma-cusum.ts';
export * from './charts/individuals.ts';
export * from './charts/subgroups.ts';
export * from './charts/thin-chart.ts';
export * from './numbers/control-constants.ts';
export * from './numbers/distributions.ts';
export * from './gauge/gauge-rr.ts';
export * from './numbers/moments.ts';
export * from './numbers/units.ts';
export * from './yield/pareto.ts';
export * from './yield/proportions.ts';
export * from './yield/statistical-limits.ts';
export * from './yield/tool-comparison.ts';
export * from './yield/unit-yield.ts';
export * from './yield/yield-models.ts';
export * from './numbers/within-sigma.ts';
export * from './wafer/wafer-geometry.ts';
