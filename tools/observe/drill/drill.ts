/**
 * `npm run drill -- alerts`: real accidents on a running pipeline, until a real Prometheus and Alertmanager have told a
 * webhook of each, and of its end (see usage.mjs of the stack).
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runMain } from '../../devstack/processes/run-main.ts';
import { release, soleOwner } from '../../devstack/commands/one-at-a-time.ts';
import { forgetGivenServers } from '../../devstack/servers/given-servers.ts';
import { LOCAL_FOLDER, stackFolder } from '../../devstack/layout.ts';
import { waitFor } from '../../devstack/processes/wait-for.ts';
import { reportTo } from '../../devstack/terminal/progress.ts';
import { StackError } from '../../devstack/terminal/stack-error.ts';
import { alertsOf, readRules, type Rules } from '../rules.ts';
import type { Accident } from './accidents/accident.ts';
import { ACCIDENTS, NOT_PROVOKED } from './accidents/accidents.ts';
import { drillRules } from './drill-rules.ts';
import { Receiver } from './receiver.ts';
import { ObservedSystem } from './system/system.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const HOME = path.join(LOCAL_FOLDER, 'drill-alerts');
const report = reportTo((line) => console.log(line));

interface Options {
  readonly accidents: readonly string[];
  readonly factor: number;
  readonly withinMs: number;
}

interface Result {
  readonly alert: string;
  readonly accident: string;
  /** Seconds from the accident; undefined: it did not arrive. */
  readonly fired: number | undefined;
  /** Seconds from the repair; undefined: it did not arrive. */
  readonly resolved: number | undefined;
  readonly receiver: string;
}

function parseOptions(argv: readonly string[]): Options {
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...argv],
        options: {
          only: { type: 'string' },
          factor: { type: 'string', default: '60' },
          within: { type: 'string', default: '180' },
        },
      });
    } catch (error) {
      throw new StackError((error as Error).message, 'see "npm run drill -- alerts --help"', { cause: error });
    }
  })();
  const accidents = values.only?.split(',').map((name) => name.trim()) ?? Object.keys(ACCIDENTS);
  const unknown = accidents.find((name) => !(name in ACCIDENTS));
  if (unknown !== undefined) {
    throw new StackError(`there is no accident named "${unknown}"`, `use some of ${Object.keys(ACCIDENTS).join(', ')}`);
  }
  const positive = (text: string, option: string): number => {
    if (!(Number(text) >= 1)) {
      throw new StackError(`${option} takes a number from 1 up, not "${text}"`, 'see "npm run drill -- alerts --help"');
    }
    return Number(text);
  };
  return {
    accidents,
    factor: positive(values.factor, '--factor'),
    withinMs: positive(values.within, '--within') * 1000,
  };
}

/** One accident: until every alert has arrived, and the end of each. */
async function stage(
  system: ObservedSystem,
  receiver: Receiver,
  name: string,
  accident: Accident,
  optionMs: number,
): Promise<Result[]> {
  const { what, alerts, leastMs = 0 } = accident;
  const withinMs = Math.max(optionMs, leastMs);
  report('accident', `${name}: ${what}`);
  const began = performance.now();
  const repair = await accident.begin(system).catch((error: unknown) => {
    // The alerts that are missing say the rest, and the next accident may still show something.
    system.signal.throwIfAborted();
    report('NOT begun', error instanceof Error ? error.message : String(error));
    return undefined;
  });
  if (repair === undefined) {
    return alerts.map((alert) => ({ alert, accident: name, fired: undefined, resolved: undefined, receiver: '' }));
  }
  // The watchdog has fired since the start.
  const since = alerts.includes('Watchdog') ? 0 : began;
  const have = (status: 'firing' | 'resolved', from: number): boolean =>
    alerts.every((alert) => receiver.first(alert, status, from) !== undefined);
  await waitFor(() => have('firing', since), withinMs, system.signal);
  const repaired = performance.now();
  try {
    await repair();
    report('repaired', name);
  } catch (error) {
    // The missing end of the alert says the rest, and the next accident may still show something.
    report('NOT repaired', error instanceof Error ? error.message : String(error));
  }
  // What has not fired does not end.
  if (!alerts.includes('Watchdog') && have('firing', since)) {
    await waitFor(() => have('resolved', repaired), withinMs, system.signal);
  }
  await accident.tidy?.(system);
  return alerts.map((alert) => {
    const fired = receiver.first(alert, 'firing', since);
    const resolved = receiver.first(alert, 'resolved', repaired);
    return {
      alert,
      accident: name,
      fired: fired && (fired.at - began) / 1000,
      resolved: resolved && (resolved.at - repaired) / 1000,
      receiver: fired?.receiver ?? '',
    };
  });
}

const isGood = ({ alert, fired, resolved }: Result): boolean =>
  fired !== undefined && (resolved !== undefined || alert === 'Watchdog');

const seconds = (value: number | undefined): string =>
  value === undefined ? 'MISSING' : `${Math.max(0, value).toFixed(0)} s`;

function print(results: readonly Result[], rules: Rules): void {
  console.log(
    `\n${'alert'.padEnd(36)} ${'accident'.padEnd(22)} ${'fired'.padStart(8)} ${'resolved'.padStart(9)}  receiver`,
  );
  for (const { alert, accident, fired, resolved, receiver } of results) {
    const end = alert === 'Watchdog' ? 'never' : seconds(resolved);
    console.log(
      `${alert.padEnd(36)} ${accident.padEnd(22)} ${seconds(fired).padStart(8)} ${end.padStart(9)}  ${receiver}`,
    );
  }
  const seen = new Set(results.map(({ alert }) => alert));
  const others = alertsOf(rules)
    .map(({ alert }) => alert)
    .filter((alert) => !seen.has(alert));
  if (others.length > 0) {
    console.log(`\nnot provoked: ${others.join(', ')}`);
  }
  console.log('\nmetrics in the rules that one machine does not have:');
  for (const [prefix, reason] of Object.entries(NOT_PROVOKED)) {
    console.log(`  ${prefix.padEnd(14)} ${reason}`);
  }
  console.log(
    `${results.filter(isGood).length} alerts fired and resolved, ${results.filter((one) => !isGood(one)).length} failed`,
  );
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  // This command stops servers and damages data: never those of others.
  forgetGivenServers();
  const folder = stackFolder(HOME);
  const signal = soleOwner(folder.run, SCRIPT, 'drill of the alerts');
  const receiver = await Receiver.listen();
  const rules = drillRules(readRules(), options.factor);
  const results: Result[] = [];
  let system: ObservedSystem | undefined;
  try {
    if (existsSync(folder.data)) {
      await ObservedSystem.remove(folder, report);
    }
    system = await ObservedSystem.start({
      folder: stackFolder(HOME),
      rules,
      receiverUrl: receiver.url,
      report,
      signal,
    });
    for (const name of options.accidents) {
      results.push(...(await stage(system, receiver, name, ACCIDENTS[name] as Accident, options.withinMs)));
      results
        .slice(-1)
        .forEach((one) => report('alert', `${one.alert}: ${isGood(one) ? 'fired and resolved' : 'FAILED'}`));
    }
  } finally {
    print(results, rules);
    receiver.close();
    await ObservedSystem.remove(folder, report, system);
    release(folder.run);
  }
  return results.every(isGood) ? 0 : 1;
}

await runMain(main);
