/** Reads the files of a deployment, and brings Compose and Kubernetes into one form. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { workloads, type KubernetesObject } from './kubernetes/objects.ts';
import { appOf, environmentOf } from './kubernetes/pods.ts';

interface ComposeService {
  image: string;
  build?: { context: string; args?: { APP: string } };
  profiles?: string[];
  entrypoint?: string[];
  command?: string[];
  network_mode?: string;
  ports?: string[];
  volumes?: string[];
  configs?: { source: string; target: string }[];
  environment?: Record<string, string | number | null>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  mem_limit?: string;
  stop_grace_period?: string;
  read_only?: boolean;
}

/** Everything the checks examine; plain data, so that a test can break a copy of it. */
export interface Deployment {
  compose: {
    services: Record<string, ComposeService>;
    configs: Record<string, { file?: string }>;
    volumes: Record<string, null>;
  };
  /** monitoring/prometheus.yaml. */
  prometheus: {
    rule_files: string[];
    alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
    scrape_configs: {
      job_name: string;
      honor_labels?: boolean;
      dns_sd_configs: { names: string[]; port: number }[];
    }[];
  };
  /** URLs of the data sources in monitoring/grafana/datasource.yaml. */
  datasources: string[];
  kubernetes: KubernetesObject[];
  /** Files of each folder with a kustomization.yaml, relative to k8s, and those that it names. */
  kustomizations: Record<string, { files: string[]; named: string[] }>;
  dockerfile: string;
  dockerignore: string;
  packageJson: { version: string; dependencies: Record<string, string>; devDependencies: Record<string, string> };
  lockedPackages: { dependencies: Record<string, string>; devDependencies: Record<string, string> };
}

export function readDeployment(root: string): Deployment {
  const read = (...parts: string[]) => readFileSync(path.join(root, ...parts), 'utf8');
  const kustomizations = readKustomizations(root);
  return {
    compose: parse(withDefaults(read('docker-compose.yml')), { merge: true }) as Deployment['compose'],
    prometheus: parse(read('monitoring/prometheus.yaml')) as Deployment['prometheus'],
    datasources: (
      parse(read('monitoring/grafana/datasource.yaml')) as { datasources: { url: string }[] }
    ).datasources.map(({ url }) => url),
    kubernetes: (kustomizations['base']?.files ?? []).flatMap((file) => parseObjects(read('k8s/base', file))),
    kustomizations,
    dockerfile: read('Dockerfile'),
    dockerignore: read('.dockerignore'),
    packageJson: JSON.parse(read('package.json')) as Deployment['packageJson'],
    lockedPackages: (JSON.parse(read('package-lock.json')) as { packages: { '': Deployment['lockedPackages'] } })
      .packages[''],
  };
}

interface Kustomization {
  resources?: string[];
  patches?: { path?: string }[];
  configurations?: string[];
  configMapGenerator?: { files?: string[] }[];
}

function readKustomizations(root: string): Deployment['kustomizations'] {
  const k8s = path.join(root, 'k8s');
  const rooms = globSync('**/kustomization.yaml', { cwd: k8s }).map((file) => path.dirname(file));
  return {
    ...Object.fromEntries(
      rooms.map((room) => [room, readKustomization(path.join(k8s, room), '*.{yaml,yml,sql,json}')]),
    ),
    '../monitoring': readKustomization(path.join(root, 'monitoring'), 'dashboards/*.json'),
  };
}

/** @param pattern files that kustomization.yaml has to name */
function readKustomization(folder: string, pattern: string): { files: string[]; named: string[] } {
  const text = readFileSync(path.join(folder, 'kustomization.yaml'), 'utf8');
  const { resources = [], patches = [], configurations = [], configMapGenerator = [] } = parse(text) as Kustomization;
  return {
    files: globSync(pattern, { cwd: folder })
      .filter((name) => name !== 'kustomization.yaml')
      .sort(),
    named: [
      ...resources.filter((name) => !name.startsWith('..')),
      ...patches.flatMap((patch) => patch.path ?? []),
      ...configurations,
      ...configMapGenerator.flatMap((generator) => generator.files ?? []),
    ].sort(),
  };
}

/** Resolves `${NAME:-default}` as Compose does without the variable. Leaves alone a variable without a default. */
const withDefaults = (text: string): string => text.replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1');

function parseObjects(text: string): KubernetesObject[] {
  return parseAllDocuments(text).map((document) => {
    const [error] = document.errors;
    if (error) {
      throw error;
    }
    return document.toJS() as KubernetesObject;
  });
}

/** One of our processes, wherever it is described. */
export interface Workload {
  /** For messages: `compose: writer`. */
  readonly where: string;
  readonly app: string;
  readonly image: string;
  /** Arguments of the image's entry point; empty for the image's own, undefined where another program runs. */
  readonly args: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

export function workloadsOf({ compose, kubernetes }: Deployment): Workload[] {
  const fromCompose = Object.entries(compose.services).flatMap(([name, service]) =>
    service.build?.args === undefined
      ? []
      : {
          where: `compose: ${name}`,
          app: service.build.args.APP,
          image: service.image,
          args: argumentsOf(service),
          environment: Object.fromEntries(
            Object.entries(service.environment ?? {}).map(([variable, value]) => [variable, String(value ?? '')]),
          ),
        },
  );
  const fromKubernetes = workloads(kubernetes).flatMap((object) =>
    (object.spec?.template?.spec.containers ?? []).map((container) => ({
      where: `k8s: ${object.metadata.name}`,
      app: appOf(object.spec?.template?.spec),
      image: container.image,
      args: container.command === undefined ? (container.args ?? []) : undefined,
      environment: environmentOf(container, kubernetes),
    })),
  );
  return [...fromCompose, ...fromKubernetes];
}

/** "chip db status" runs what the image's own entry point runs as "dist/db.js status". */
function argumentsOf({ entrypoint, command = [] }: ComposeService): readonly string[] {
  const [name, ...rest] = command;
  return entrypoint?.[0] === 'chip' && name !== undefined ? [`dist/${name}.js`, ...rest] : command;
}
