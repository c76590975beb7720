/** What `npm run bench` is asked for (see usage.mjs). */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { StackError } from '../devstack/terminal/stack-error.ts';
import { wholeNumber } from '../devstack/terminal/whole-number.ts';
import type { HistorySize } from './serving/history.ts';

const KINDS = ['telemetry', 'inspections'] as const;
export type Kind = (typeof KINDS)[number];

export interface Options {
  readonly rows: number;
  readonly preload: number;
  readonly repeat: number;
  readonly only: Kind | undefined;
  readonly requests: number;
  readonly isDurable: boolean;
  readonly profileFolder: string | undefined;
  readonly out: string;
  readonly history: HistorySize;
  /** Measures how a storm of questions slows the rest, and nothing else. */
  readonly storm: { readonly rate: number; readonly seconds: number; readonly clients: number } | undefined;
  /** Measures answers to so many clients beside their bare statements, and nothing else. */
  readonly clients: { readonly clients: number; readonly requests: number } | undefined;
  /** Measures what is promised within a time or at a rate, and nothing else. */
  readonly aims: { readonly requests: number } | undefined;
}

const usual = {
  rows: 1_000_000,
  preload: 0,
  requests: 200,
  isDurable: true,
  inspections: 1_000_000,
  samples: 10_000_000,
  rate: 20_000,
  seconds: 30,
};
/** Enough to see that every case works and loses nothing; too few rows to measure speed. */
const short = {
  rows: 100_000,
  preload: 2_000,
  requests: 5,
  isDurable: false,
  inspections: 20_000,
  samples: 100_000,
  rate: 2_000,
  seconds: 4,
};
const STORM_CLIENTS = 16;
/** Answers to each question with a promised time. */
const AIMED = 5;

export function readOptions(argv: readonly string[]): Options {
  try {
    return optionsOf(argv);
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm run bench -- --help"', { cause: error });
  }
}

function optionsOf(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rows: { type: 'string' },
      repeat: { type: 'string', default: '1' },
      only: { type: 'string' },
      preload: { type: 'string' },
      storm: { type: 'boolean', default: false },
      clients: { type: 'string' },
      aims: { type: 'boolean', default: false },
      inspections: { type: 'string' },
      samples: { type: 'string' },
      rate: { type: 'string' },
      seconds: { type: 'string' },
      short: { type: 'boolean', default: false },
      profile: { type: 'string' },
      out: { type: 'string', default: path.join(REPOSITORY_ROOT, 'bench', 'latest.json') },
    },
  });
  const size = values.short ? short : usual;
  const only = KINDS.find((kind) => kind === values.only);
  if (values.only !== undefined && only === undefined) {
    throw new TypeError(`--only ${values.only} is unknown`);
  }
  type Sized = 'rows' | 'preload' | 'inspections' | 'samples' | 'rate' | 'seconds';
  const number = (name: Sized, least: number, most: number): number => {
    const given = values[name];
    return given === undefined ? size[name] : wholeNumber(`--${name}`, given, least, most);
  };
  const clients = values.clients === undefined ? undefined : wholeNumber('--clients', values.clients, 1, 200);
  const given = [
    values.storm && '--storm',
    clients !== undefined && !values.storm && '--clients',
    values.aims && '--aims',
  ];
  const [one, another] = given.filter((option) => option !== false);
  if (another !== undefined) {
    throw new TypeError(`${one} and ${another} are different measurements: give one`);
  }
  const isReading = clients !== undefined || values.aims;
  return {
    rows: number('rows', 1_000, 1_000_000_000),
    preload: number('preload', 0, 100_000_000),
    repeat: wholeNumber('--repeat', values.repeat, 1, 100),
    only,
    requests: size.requests,
    // Where nothing is loaded while it measures, a disk that is waited for only makes the history take longer.
    isDurable: size.isDurable && (values.storm || !isReading),
    profileFolder: values.profile === undefined ? undefined : path.resolve(values.profile),
    out: path.resolve(values.out),
    history: {
      inspections: number('inspections', 10_000, 100_000_000),
      samples: number('samples', 10_000, 1_000_000_000),
    },
    storm: values.storm
      ? {
          rate: number('rate', 1_000, 1_000_000),
          seconds: number('seconds', 2, 3_600),
          clients: clients ?? STORM_CLIENTS,
        }
      : undefined,
    clients: clients === undefined || values.storm ? undefined : { clients, requests: size.requests },
    aims: values.aims ? { requests: Math.min(size.requests, AIMED) } : undefined,
  };
}
