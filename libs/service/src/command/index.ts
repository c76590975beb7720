/** What the commands of all applications share. Apart from the rest: no service loads a parser of command lines. */
export * from './whole-number.ts';
