/** The options of `npm run faults`. */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { StackError } from '../../devstack/terminal/stack-error.ts';
import { CATALOGUE, SHORT_LIST } from '../catalogue/catalogue.ts';
import type { Fault } from '../catalogue/fault.ts';
import { CONTROLS, type Control } from './controls.ts';

export interface Options {
  readonly seed: string;
  readonly faults: readonly Fault[];
  /** When to stop injecting faults; undefined: each fault once. */
  readonly minutes: number | undefined;
  readonly rate: number;
  readonly resumeWithinMs: number;
  /** Deliberately broken systems, one after the other; empty: the real one. */
  readonly controls: readonly Control[];
  readonly isFailover: boolean;
  readonly brokers: 1 | 3;
}

/** Undefined: the faults were listed, and nothing is left to do. */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const { values } = parse(argv);
  if (values.list) {
    for (const { name, what, isLong, brokers } of CATALOGUE) {
      const only = brokers === undefined ? '' : ` (${brokers === 1 ? 'one broker' : 'three brokers'})`;
      console.log(`${name.padEnd(32)} ${what}${only}${isLong ? ' (by name only)' : ''}`);
    }
    return undefined;
  }
  const named = values.short ? SHORT_LIST : values.only?.split(',').map((name) => name.trim());
  const brokers = brokersIn(values.brokers);
  const faults =
    named?.map((name) => faultNamed(name, brokers)) ??
    CATALOGUE.filter((fault) => !fault.isLong && isFor(fault, brokers));
  return {
    seed: values.seed ?? randomBytes(4).toString('hex'),
    faults,
    minutes: values.minutes === undefined ? (named ? undefined : 10) : positive(values.minutes, '--minutes'),
    rate: positive(values.rate, '--rate'),
    resumeWithinMs: positive(values['resume-within'], '--resume-within') * 1000,
    controls: values.control === undefined ? [] : controlsNamed(values.control),
    isFailover: values.failover,
    brokers,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string' },
        only: { type: 'string' },
        rate: { type: 'string', default: '1500' },
        list: { type: 'boolean', default: false },
        short: { type: 'boolean', default: false },
        'resume-within': { type: 'string', default: '30' },
        control: { type: 'string' },
        failover: { type: 'boolean', default: false },
        brokers: { type: 'string', default: '1' },
      },
    });
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm run faults -- --help"', { cause: error });
  }
}

const isFor = (fault: Fault, brokers: 1 | 3): boolean => fault.brokers === undefined || fault.brokers === brokers;

function brokersIn(text: string): 1 | 3 {
  if (text === '1' || text === '3') {
    return Number(text) as 1 | 3;
  }
  throw new StackError(`--brokers takes 1 or 3, not "${text}"`, 'see "npm run faults -- --help"');
}

function faultNamed(name: string, brokers: 1 | 3): Fault {
  const fault = CATALOGUE.find((one) => one.name === name);
  if (fault === undefined) {
    throw new StackError(`there is no fault named "${name}"`, 'see "npm run faults -- --list"');
  }
  if (!isFor(fault, brokers)) {
    throw new StackError(`"${name}" needs ${fault.brokers} brokers`, `add "--brokers ${fault.brokers}"`);
  }
  return fault;
}

function controlsNamed(name: string): readonly Control[] {
  const found = name === 'all' ? CONTROLS : CONTROLS.filter((control) => control.name === name);
  if (found.length === 0) {
    throw new StackError(
      `there is no control named "${name}"`,
      `use one of ${CONTROLS.map((control) => control.name).join(', ')}, or "all"`,
    );
  }
  return found;
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!(value > 0)) {
    throw new StackError(`${option} takes a number above 0, not "${text}"`, 'see "npm run faults -- --help"');
  }
  return value;
}
