/** `npm run bench`: the pipeline beside raw COPY, other programs and bare statements, on its own servers (see usage.mjs). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { release, soleOwner } from '../devstack/commands/one-at-a-time.ts';
import { deleteTestFolder, newTestFolder } from '../devstack/commands/test/test-folder.ts';
import { cacheFolder, LOCAL_FOLDER, stackFolder } from '../devstack/layout.ts';
import { runMain } from '../devstack/processes/run-main.ts';
import { checkDiskSpace, GIBIBYTE, SPACE_FOR_SERVERS } from '../devstack/servers/disk-space.ts';
import { forgetGivenServers } from '../devstack/servers/given-servers.ts';
import { reportTo } from '../devstack/terminal/progress.ts';
import { measureBacklogs } from './backlog/backlogs.ts';
import { formatBacklogs } from './backlog/report.ts';
import { storeHistory } from './data/history.ts';
import { isOfHistory, readOptions, type Asked, type OfBacklogs, type Options } from './options.ts';
import { formatSetting } from './results/setting.ts';
import { measureAnswers, type Answers } from './serving/answers.ts';
import { measureStorm } from './serving/storm.ts';
import { formatAims, formatClients, formatRoutes, formatStorm } from './serving/serving-report.ts';
import { formatSteady } from './steady/steady-report.ts';
import { measureSteady } from './steady/steady.ts';
import { BenchSystem, type BenchOptions } from './system/bench-system.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const HOME = path.join(LOCAL_FOLDER, 'bench');
const report = reportTo((line) => console.error(line));

/** Figures for machines, and the same as text. */
type Measured = readonly [figures: object, text: string];

type Common = { readonly signal: AbortSignal; readonly repeat: number; readonly progress: (what: string) => void };

async function measure(system: BenchSystem, asked: OfBacklogs, common: Common): Promise<Measured> {
  switch (asked.what) {
    case 'backlogs': {
      const result = await measureBacklogs(system, { ...asked, ...common, cache: cacheFolder() });
      return [result, formatBacklogs(result)];
    }
    case 'steady': {
      const steady = await measureSteady(system, { ...asked, ...common });
      return [{ steady }, formatSteady(steady)];
    }
  }
}

const formatAnswers = (answers: Answers): string => {
  if ('clients' in answers) {
    return formatClients(answers.clients);
  }
  return 'routes' in answers ? formatRoutes(answers.routes) : formatAims(answers.aims);
};

/** Those that ask about a history come last, on one. */
async function measureAll(system: BenchSystem, asked: readonly Asked[], common: Common): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const one of asked.filter((each) => !isOfHistory(each))) {
    measured.push(await measure(system, one, common));
  }
  const asking = asked.filter(isOfHistory);
  const [{ size } = { size: undefined }] = asking;
  if (size !== undefined) {
    await system.withDatabase(async (database) => {
      await storeHistory(database, size, common.progress);
      const ofAnswers = asking.filter((one) => one.what !== 'storm');
      if (ofAnswers.length > 0) {
        const answers = await measureAnswers(system, database, ofAnswers, common);
        measured.push(...answers.map((one): Measured => [one, formatAnswers(one)]));
      }
      for (const one of asking.filter((each) => each.what === 'storm')) {
        const storm = await measureStorm(system, database, { ...one, ...common });
        measured.push([{ storm }, formatStorm(storm)]);
      }
    });
  }
  return measured;
}

async function run(options: Options, signal: AbortSignal): Promise<{ result: object; text: string }> {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / GIBIBYTE),
    loadBefore: loadavg()[0] as number,
  };
  const at = new Date().toISOString();
  await BenchSystem.remove({ folder: stackFolder(HOME), report });
  await checkDiskSpace(LOCAL_FOLDER, SPACE_FOR_SERVERS + Math.max(...options.asked.map(spaceFor)));
  const bench: BenchOptions = {
    folder: options.isShort ? newTestFolder(HOME) : stackFolder(HOME),
    report,
    signal,
    isDurable: options.isDurable,
    profileFolder: options.profileFolder,
  };
  let system: BenchSystem | undefined;
  try {
    system = await BenchSystem.start(bench);
    const versions = await system.versions();
    const command = ['npm run bench', '--', ...process.argv.slice(2)].join(' ').replace(/ --$/, '');
    const setting = { at, command, machine, versions };
    const progress = (what: string): void => {
      // Every step of what takes long, so that none of it goes on after an interruption.
      signal.throwIfAborted();
      report('bench', what);
    };
    const measured = await measureAll(system, options.asked, { repeat: options.repeat, signal, progress });
    return {
      result: Object.assign({}, setting, ...measured.map(([figures]) => figures)) as object,
      text: `\n${[formatSetting(setting), ...measured.map(([, text]) => text)].join('\n\n')}\n`,
    };
  } finally {
    await BenchSystem.remove(bench, system);
    deleteTestFolder(HOME);
  }
}

/** Backlog, blocks, table with indexes, write-ahead log, exported rows and their second table. */
const BYTES_PER_ROW = 2_000;
/** Its rows, their indexes and the write-ahead log. */
const BYTES_PER_UNIT = 5_000;
/**
 * Of a history, whose write-ahead log is used again: with their indexes, an inspection takes 2,600 bytes and a sample
 * 160, as --routes reports; the rest is for sorting and what a checkpoint leaves.
 */
const BYTES_OF_HISTORY = { inspection: 3_200, sample: 200 };

function spaceFor(asked: Asked): number {
  switch (asked.what) {
    case 'backlogs':
      return asked.rows * BYTES_PER_ROW + asked.preload * BYTES_PER_UNIT;
    case 'steady':
      return asked.rate * asked.seconds * BYTES_PER_ROW;
    default:
      return asked.size.inspections * BYTES_OF_HISTORY.inspection + asked.size.samples * BYTES_OF_HISTORY.sample;
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const { run: runFolder } = stackFolder(HOME);
  const signal = soleOwner(runFolder, SCRIPT, '"npm run bench"');
  // It measures the processes of its servers, so they must be its own.
  forgetGivenServers();
  process.env['NODE_ENV'] = 'production';
  try {
    const { result, text } = await run(options, signal);
    mkdirSync(path.dirname(options.out), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify(result, undefined, 2)}\n`);
    console.log(text);
    report('bench', `written to ${path.relative(process.cwd(), options.out)}`);
    return 0;
  } finally {
    release(runFolder);
  }
}

await runMain(main);
