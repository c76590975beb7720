export * from './block.ts';
export * from './identity.ts';
export * from './inspection-event.ts';
export * from './partition-states.ts';
export * from './refusals.ts';
export * from './telemetry-sample.ts';
export * from './time.ts';
export * from './topics.ts';
