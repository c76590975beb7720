/** Reads the files of a deployment, and brings Compose and Kubernetes into one form. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

interface ComposeService {
  image: string;
  build?: { context: string; args: { APP: string } };
  profiles?: string[];
  entrypoint?: string[];
  command?: string[];
  network_mode?: string;
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string | number | null>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  mem_limit?: string;
  stop_grace_period?: string;
  read_only?: boolean;
}

export interface Probe {
  httpGet?: { path: string; port: string | number };
  exec?: { command: string[] };
  timeoutSeconds?: number;
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  ports?: { name: string; containerPort: number }[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string; optional?: boolean } }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    capabilities?: { drop?: string[] };
  };
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  spec?: {
    replicas?: number;
    strategy?: { rollingUpdate?: { maxSurge?: number } };
    selector?: Record<string, unknown>;
    ports?: { port: number; targetPort: string | number }[];
    template?: {
      metadata: { labels: Record<string, string> };
      spec: {
        restartPolicy?: string;
        serviceAccountName?: string;
        terminationGracePeriodSeconds?: number;
        securityContext?: { runAsNonRoot?: boolean; seccompProfile?: { type: string } };
        containers: Container[];
      };
    };
  };
}

/** Everything the checks examine; plain data, so that a test can break a copy of it. */
export interface Deployment {
  compose: { services: Record<string, ComposeService> };
  kubernetes: KubernetesObject[];
  kustomization: { resources: string[] };
  /** YAML files next to kustomization.yaml. */
  kubernetesFiles: string[];
  dockerfile: string;
  dockerignore: string;
  packageJson: { version: string; dependencies: Record<string, string>; devDependencies: Record<string, string> };
  lockedPackages: { dependencies: Record<string, string>; devDependencies: Record<string, string> };
}

export function readDeployment(root: string): Deployment {
  const read = (...parts: string[]) => readFileSync(path.join(root, ...parts), 'utf8');
  const base = 'k8s/base';
  const kubernetesFiles = readdirSync(path.join(root, base)).filter(
    (file) => /\.ya?ml$/.test(file) && file !== 'kustomization.yaml',
  );
  return {
    compose: parse(withDefaults(read('docker-compose.yml')), { merge: true }) as Deployment['compose'],
    kubernetes: kubernetesFiles.flatMap((file) => parseObjects(read(base, file))),
    kustomization: parse(read(base, 'kustomization.yaml')) as Deployment['kustomization'],
    kubernetesFiles,
    dockerfile: read('Dockerfile'),
    dockerignore: read('.dockerignore'),
    packageJson: JSON.parse(read('package.json')) as Deployment['packageJson'],
    lockedPackages: (JSON.parse(read('package-lock.json')) as { packages: { '': Deployment['lockedPackages'] } })
      .packages[''],
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
  /** Arguments of the image's entry point; empty for the image's own. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export function workloadsOf({ compose, kubernetes }: Deployment): Workload[] {
  const fromCompose = Object.entries(compose.services).flatMap(([name, service]) =>
    service.build === undefined
      ? []
      : {
          where: `compose: ${name}`,
          app: service.build.args.APP,
          image: service.image,
          args: argumentsOf(service),
          environment: Object.fromEntries(
            Object.entries(service.environment ?? {}).map(([variable, value]) => [variable, String(value)]),
          ),
        },
  );
  const fromKubernetes = kubernetes.flatMap((object) =>
    (object.spec?.template?.spec.containers ?? []).map((container) => ({
      where: `k8s: ${object.metadata.name}`,
      app: /chip-quality-([a-z]+)/.exec(container.image)?.[1] ?? '',
      image: container.image,
      args: container.args ?? [],
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

/** The environment of the process, as far as it is known without secrets, which are represented by their names. */
function environmentOf(container: Container, objects: readonly KubernetesObject[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom ?? []) {
    const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name);
    Object.assign(environment, map?.data);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    environment[name] = value ?? `secret://${valueFrom?.secretKeyRef?.name}/${valueFrom?.secretKeyRef?.key}`;
  }
  return environment;
}
