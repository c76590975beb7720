/** Prometheus and the Alertmanager as parts of a stack: configuration, command, readiness. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Part } from '../devstack/processes/part.ts';
import { LOOPBACK } from '../devstack/processes/ports.ts';
import type { Programs } from './programs.ts';
import type { Rules } from './rules.ts';

const READY_WITHIN_MS = 60_000;
/** Short, so that a test or a drill need not wait. */
const INTERVAL = '1s';

export interface Target {
  /** Job, which names the service. */
  readonly job: string;
  /** Base URL of the server that answers `/metrics`. */
  readonly url: string;
  /** Interval and time-out of its scrapes (default: the shortest). */
  readonly every?: string;
}

export interface PrometheusOptions {
  readonly port: number;
  /** Files go below it. */
  readonly folder: string;
  readonly targets: readonly Target[];
  readonly rules: Rules;
  /** Absent: alerts are evaluated and go nowhere. */
  readonly alertmanagerPort?: number;
}

/** Prometheus, which scrapes every second. */
export function prometheusPart(
  programs: Programs,
  { port, folder, targets, rules, alertmanagerPort }: PrometheusOptions,
): Part {
  const home = path.join(folder, 'prometheus');
  mkdirSync(home, { recursive: true });
  const config = path.join(home, 'prometheus.json');
  const rulesFile = path.join(home, 'rules.json');
  writeFileSync(rulesFile, JSON.stringify(rules));
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: INTERVAL, evaluation_interval: INTERVAL },
      scrape_configs: targets.map(({ job, url, every = INTERVAL }, number) => ({
        job_name: `${job}-${number}`,
        honor_labels: true,
        scrape_interval: every,
        scrape_timeout: every,
        static_configs: [{ targets: [new URL(url).host] }],
      })),
      rule_files: [rulesFile],
      ...(alertmanagerPort === undefined
        ? {}
        : {
            alerting: {
              alertmanagers: [{ static_configs: [{ targets: [`${LOOPBACK}:${alertmanagerPort}`] }] }],
            },
          }),
    }),
  );
  return {
    launch: {
      name: 'prometheus-1',
      command: programs.prometheus,
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${path.join(home, 'data')}`,
        `--web.listen-address=${LOOPBACK}:${port}`,
        // What fires before the Alertmanager is found would arrive a minute later.
        '--rules.alert.resend-delay=5s',
      ],
      env: process.env,
      cwd: home,
    },
    readiness: () => () => answersOk(`http://${LOOPBACK}:${port}/-/ready`),
    readyWithinMs: READY_WITHIN_MS,
  };
}

/** The Alertmanager alone, without a cluster. @param config as parsed from its file */
export function alertmanagerPart(programs: Programs, port: number, folder: string, config: object): Part {
  const home = path.join(folder, 'alertmanager');
  mkdirSync(home, { recursive: true });
  const file = path.join(home, 'alertmanager.json');
  writeFileSync(file, JSON.stringify(config));
  return {
    launch: {
      name: 'alertmanager-1',
      command: programs.alertmanager,
      args: [
        `--config.file=${file}`,
        `--storage.path=${path.join(home, 'data')}`,
        `--web.listen-address=${LOOPBACK}:${port}`,
        '--cluster.listen-address=',
      ],
      env: process.env,
      cwd: programs.alertmanagerFolder,
    },
    readiness: () => () => answersOk(`http://${LOOPBACK}:${port}/-/ready`),
    readyWithinMs: READY_WITHIN_MS,
  };
}

/** A program that answers `/metrics` about something else. */
export function exporterPart(name: string, program: string, port: number, options: readonly string[]): Part {
  return {
    launch: {
      name,
      command: program,
      args: [`--web.listen-address=${LOOPBACK}:${port}`, ...options],
      env: process.env,
      cwd: path.dirname(program),
    },
    readiness: () => () => answersOk(`http://${LOOPBACK}:${port}/metrics`),
    readyWithinMs: READY_WITHIN_MS,
  };
}

/** Whether a server answers with success. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
