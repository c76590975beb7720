/** `npm start`: the whole pipeline, in this terminal or in the background (see usage.mjs). */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { leaveStarter, startInBackground, tellStarter } from './detach.ts';
import { readEnvFile } from '../../env-file.ts';
import { LOCAL_FOLDER, STACK_ENV_FILE, stackFolder } from '../../layout.ts';
import { LiveLine, PipelineFigures } from '../../terminal/live-line.ts';
import { runningOwner } from '../one-at-a-time.ts';
import { runningProcesses, signalProcess } from '../../processes/processes.ts';
import { reportTo } from '../../terminal/progress.ts';
import { runStack, type StackOptions } from './run-stack.ts';
import { sampleLinks } from './sample-links.ts';
import { SERVICE_NAMES, type ServiceName, urlVariable } from '../../processes/services.ts';
import { endOnSignals } from '../../processes/signals.ts';
import { describeFailure, StackError } from '../../terminal/stack-error.ts';
import { wholeNumber } from '../../terminal/whole-number.ts';

const MOST_INSTANCES = 16;
/** The simulated fab measures its first chips within seconds; a busy machine may take longer. */
const FIRST_DATA_WITHIN_MS = 20_000;

const SCRIPT = fileURLToPath(import.meta.url);

interface Arguments extends StackOptions {
  readonly isDetached: boolean;
  readonly isPlain: boolean;
}

function parseArguments(argv: readonly string[]): Arguments {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        detach: { type: 'boolean', default: false },
        simulator: { type: 'boolean', default: true },
        ingest: { type: 'string', default: '1' },
        writer: { type: 'string', default: '1' },
        auth: { type: 'string', default: 'none' },
      },
      allowNegative: true,
    });
    return {
      isDetached: values.detach,
      isPlain: values.simulator && values.ingest === '1' && values.writer === '1' && values.auth === 'none',
      hasSimulator: values.simulator,
      auth: parseAuth(values.auth),
      ingest: wholeNumber('--ingest', values.ingest, 1, MOST_INSTANCES),
      writer: wholeNumber('--writer', values.writer, 1, MOST_INSTANCES),
    };
  } catch (error) {
    if (error instanceof TypeError) {
      throw new StackError(error.message, 'see "npm start -- --help"', { cause: error });
    }
    throw error;
  }
}

function parseAuth(text: string): StackOptions['auth'] {
  if (text !== 'none' && text !== 'keys') {
    throw new StackError(`--auth ${text} is not known`, 'use none, or keys for an API that asks for keys');
  }
  return text;
}

/** How to come in. */
function describeAccess(queryUrl: string, key: string | undefined): string {
  if (key === undefined) {
    return '  access    anyone on this machine; to try API keys: npm start -- --auth keys\n';
  }
  return `  access    with an API key; this one may read, for a week: ${key}
  try       curl --header "Authorization: Bearer ${key}" "${queryUrl}/v1/yield?group_by=equipment&kind=first_pass"
`;
}

function describeUrls(urlsOf: (name: ServiceName) => readonly string[]): string {
  const lines = SERVICE_NAMES.map((name) => `  ${name.padEnd(9)} ${urlsOf(name).join('  ')}`);
  const [query] = urlsOf('query');
  return `
  page      ${query}/

${lines.join('\n')}
  API description: ${query}/docs
  addresses and passwords: .local/stack.env      logs: .local/run      stop: Ctrl-C or "npm stop"
`;
}

/** A stack that already runs is success, unless options asked for a different one. */
function reportRunning(pid: number, { isPlain }: Arguments): number {
  const known = readEnvFile(STACK_ENV_FILE);
  console.log(`the stack is already ${known ? 'running' : 'starting'} (pid ${pid})`);
  if (known) {
    console.log(describeUrls((name) => known[urlVariable(name)]?.split(',') ?? []));
  }
  if (!isPlain) {
    console.error('The given options have no effect on it. Stop it first: npm stop');
    return 1;
  }
  return 0;
}

async function runHere(options: StackOptions): Promise<void> {
  const line = new LiveLine(process.stdout);
  const print = (text: string) => {
    line.print(text);
    tellStarter({ kind: 'line', text });
  };
  /** For the user alone: in the background, what is printed goes into a log. */
  const tellUser = (text: string) => (process.connected ? tellStarter({ kind: 'line', text }) : line.print(text));
  const signal = endOnSignals(killAll, print);
  let isReady = false;
  process.once('disconnect', () => {
    if (!isReady && !signal.aborted) {
      // The waiting command was killed: no one would learn that the stack runs.
      process.kill(process.pid, 'SIGTERM');
    }
  });
  try {
    await runStack({
      script: SCRIPT,
      options,
      report: reportTo(print),
      signal,
      whileRunning: async ({ urls, key }) => {
        const [queryUrl = ''] = urls.query;
        print(describeUrls((name) => urls[name]));
        tellUser(describeAccess(queryUrl, key));
        // Links alone do not open where a key is needed.
        const waitMs = options.hasSimulator ? FIRST_DATA_WITHIN_MS : 0;
        const links = key === undefined ? await sampleLinks(queryUrl, waitMs, signal) : [];
        if (links.length > 0) {
          print(`  try\n${links.map((link) => `    ${link}`).join('\n')}\n`);
        }
        isReady = true;
        tellStarter({ kind: 'ready' });
        await line.follow(new PipelineFigures(urls.ingest, urls.writer), signal);
      },
    });
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
  line.print('stopped');
}

/** The user asks a second time: stops waiting for anything. */
function killAll(): void {
  for (const { pid } of runningProcesses(stackFolder(LOCAL_FOLDER).run)) {
    signalProcess(pid, 'SIGKILL');
  }
}

async function main(): Promise<number> {
  const args = parseArguments(process.argv.slice(2));
  const { run } = stackFolder(LOCAL_FOLDER);
  const running = runningOwner(run, SCRIPT);
  if (running !== undefined) {
    return reportRunning(running, args);
  }
  if (args.isDetached) {
    const others = process.argv.slice(2).filter((argument) => argument !== '--detach');
    return startInBackground(SCRIPT, others, run, endOnSignals(killAll));
  }
  await runHere(args);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const text = describeFailure(error);
  console.error(text);
  tellStarter({ kind: 'failed', text });
  process.exitCode = 1;
} finally {
  leaveStarter();
}
