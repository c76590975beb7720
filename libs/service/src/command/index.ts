/** Shared by the commands of all applications. A separate entry point, so that no service loads a command-line parser. */
export * from './end-on-signals.ts';
export * from './here.ts';
export * from './output-without-reader.ts';
export * from './whole-number.ts';
