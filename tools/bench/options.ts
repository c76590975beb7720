/** What `npm run bench` is asked for (see usage.mjs). */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { StackError } from '../devstack/terminal/stack-error.ts';
import { wholeNumber } from '../devstack/terminal/whole-number.ts';
import { CASES } from './backlog/cases.ts';
import { HISTORY_DAYS, type HistorySize } from './data/history.ts';

/** One measurement. */
export type Asked =
  | {
      readonly what: 'backlogs';
      readonly rows: number;
      readonly preload: number;
      /** Ingests, and writers, of one of the cases, each of which is then to be worked off only once; 0 for one of each. */
      readonly crew: number;
      /** Part of the names of the cases. */
      readonly only: string;
      readonly requests: number;
      readonly instances: readonly number[];
      readonly hasPeers: boolean;
    }
  | { readonly what: 'steady'; readonly rate: number; readonly seconds: number }
  | AskedOfHistory;

/** Several of them share what is stored: one leaves the others' answers as they are, if it comes where {@link whatOf} puts it. */
export type AskedOfHistory = AskedOfAnswers | AskedOfStorm;
/** Nothing is loaded meanwhile. */
export type AskedOfAnswers = { readonly size: HistorySize } & (
  | { readonly what: 'clients'; readonly clients: number; readonly requests: number }
  | { readonly what: 'routes'; readonly requests: number }
  | { readonly what: 'aims'; readonly requests: number; readonly askingMs: number; readonly dice: number }
);
type AskedOfStorm = {
  readonly size: HistorySize;
  readonly what: 'storm';
  readonly rate: number;
  readonly seconds: number;
};

export type OfBacklogs = Exclude<Asked, AskedOfHistory>;
export const isOfHistory = (asked: Asked): asked is AskedOfHistory => 'size' in asked;

export interface Options {
  /** One after the other, on the same servers. */
  readonly asked: readonly Asked[];
  readonly repeat: number;
  readonly isDurable: boolean;
  /** Whether it is to be seen that everything works, and no speed. */
  readonly isShort: boolean;
  readonly profileFolder: string | undefined;
  readonly out: string;
}

const usual = {
  rows: 1_000_000,
  preload: 0,
  crew: 0,
  requests: 200,
  /** Of routes, and of questions with a promised time. */
  timedRequests: 5,
  /** Short answers are asked for more often: for so long in all for each answer that is asked for. */
  askingMs: 400,
  /** As many as the smallest chips have on a wafer. */
  dice: 100_000,
  isDurable: true,
  size: '1m',
  days: HISTORY_DAYS,
  rate: 20_000,
  seconds: 30,
};
/** Enough to see that every case works and loses nothing; too few rows to measure speed. */
const short: typeof usual = {
  rows: 10_000,
  preload: 2_000,
  crew: 2,
  requests: 2,
  timedRequests: 1,
  askingMs: 0,
  dice: 5_000,
  isDurable: false,
  size: '20k',
  days: 30,
  rate: 2_000,
  seconds: 4,
};
const STEADY_SECONDS = 60;
/** Samples of a history for each of its inspections. */
const SAMPLES_PER_INSPECTION = 10;

export function readOptions(argv: readonly string[]): Options {
  try {
    return optionsOf(argv);
  } catch (error) {
    throw new StackError((error as Error).message, 'see "npm run bench -- --help"', { cause: error });
  }
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      rows: { type: 'string' },
      repeat: { type: 'string', default: '1' },
      only: { type: 'string' },
      preload: { type: 'string' },
      instances: { type: 'string' },
      peers: { type: 'boolean', default: false },
      backlogs: { type: 'boolean', default: false },
      steady: { type: 'boolean', default: false },
      storm: { type: 'boolean', default: false },
      clients: { type: 'string' },
      aims: { type: 'boolean', default: false },
      routes: { type: 'boolean', default: false },
      size: { type: 'string' },
      rate: { type: 'string' },
      seconds: { type: 'string' },
      short: { type: 'boolean', default: false },
      profile: { type: 'string' },
      out: { type: 'string', default: path.join(REPOSITORY_ROOT, 'bench', 'latest.json') },
    },
  }).values;
}
type Values = ReturnType<typeof parse>;

function optionsOf(argv: readonly string[]): Options {
  const values = parse(argv);
  const asked = whatOf(values).map((what) => askedOf(what, values));
  return {
    asked,
    repeat: wholeNumber('--repeat', values.repeat, 1, 100),
    // Where nothing is loaded while it measures, a disk that is waited for only makes the history take longer.
    isDurable: !values.short && asked.some((one) => !isOfHistory(one) || one.what === 'storm'),
    isShort: values.short,
    profileFolder: values.profile === undefined ? undefined : path.resolve(values.profile),
    out: path.resolve(values.out),
  };
}

/** What is asked for by an option of its own; else backlogs, or routes of a size. */
function whatOf(values: Values): Asked['what'][] {
  const given = {
    backlogs: values.backlogs || values.peers || values.instances !== undefined,
    steady: values.steady,
    clients: values.clients !== undefined,
    routes: values.routes,
    // Adds a wafer to the history, behind the days that a storm asks about.
    aims: values.aims,
    // Loads samples meanwhile.
    storm: values.storm,
  };
  const asked = (Object.keys(given) as Asked['what'][]).filter((what) => given[what]);
  return asked.length > 0 ? asked : [values.size === undefined ? 'backlogs' : 'routes'];
}

function askedOf(what: Asked['what'], values: Values): Asked {
  const sized = values.short ? short : usual;
  type Sized = 'rows' | 'preload' | 'rate' | 'seconds';
  const number = (name: Sized, least: number, most: number, otherwise = sized[name]): number => {
    const given = values[name];
    return given === undefined ? otherwise : wholeNumber(`--${name}`, given, least, most);
  };
  const rate = () => number('rate', 1_000, 1_000_000);
  const size = () => historyOf(values.size ?? sized.size, sized.days);
  switch (what) {
    case 'steady':
      return { what, rate: rate(), seconds: number('seconds', 2, 3_600, values.short ? 4 : STEADY_SECONDS) };
    case 'storm':
      return { what, rate: rate(), seconds: number('seconds', 2, 3_600), size: size() };
    case 'clients':
      return {
        what,
        clients: wholeNumber('--clients', values.clients ?? '', 1, 200),
        requests: sized.requests,
        size: size(),
      };
    case 'routes':
      return { what, requests: sized.timedRequests, size: size() };
    case 'aims':
      return { what, requests: sized.timedRequests, askingMs: sized.askingMs, dice: sized.dice, size: size() };
    case 'backlogs':
      return {
        what,
        rows: number('rows', 1_000, 1_000_000_000),
        preload: number('preload', 0, 100_000_000),
        crew: sized.crew,
        only: caseOf(values),
        requests: sized.requests,
        instances: values.instances?.split(',').map((count) => wholeNumber('--instances', count, 1, 16)) ?? [],
        hasPeers: values.peers,
      };
  }
}

function caseOf({ only = '', peers }: Values): string {
  const named = CASES.filter(({ name }) => name.includes(only));
  if (named.length === 0) {
    throw new TypeError(`--only ${only} is in no name of a case`);
  }
  if (peers && !named.some(({ kind }) => kind === 'telemetry')) {
    throw new TypeError(`--peers loads telemetry, of which --only ${only} leaves nothing`);
  }
  return only;
}

/** Of so many inspections: `500k` or `10m`, or all digits. */
function historyOf(size: string, days: number): HistorySize {
  const [, digits, unit] = /^(\d+)([km])$/i.exec(size) ?? [];
  const number = unit === undefined ? size : String(Number(digits) * (unit.toLowerCase() === 'k' ? 1_000 : 1_000_000));
  const inspections = wholeNumber('--size', number, 2_000, 100_000_000);
  return { inspections, samples: inspections * SAMPLES_PER_INSPECTION, days };
}
