/** Every pod that an overlay leads to: ours from their templates, those of the operators from the objects that ask for them. */
import { ofKind, workloads, type Container, type KubernetesObject, type PodSpec } from './objects.ts';

export interface Pod {
  /** The object that it comes from. */
  readonly name: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Ours alone. */
  readonly spec?: PodSpec;
}

const portsOf = (containers: readonly Container[]): Record<string, number> =>
  Object.fromEntries(
    containers.flatMap(({ ports = [] }) => ports.map(({ name, containerPort }) => [name, containerPort])),
  );

export function podsOf(objects: readonly KubernetesObject[]): Pod[] {
  const ours = workloads(objects)
    .filter(({ spec }) => spec?.template)
    .map(({ kind, metadata: { name }, spec }) => {
      const { metadata, spec: pod } = spec!.template!;
      return { name, kind, labels: metadata.labels, ports: portsOf(pod.containers), spec: pod };
    });
  const postgres = ofKind(objects, 'Cluster').map(({ metadata: { name } }) => ({
    name,
    kind: 'Cluster',
    labels: { 'cnpg.io/cluster': name, 'cnpg.io/podRole': 'instance' },
    ports: { postgresql: 5432, metrics: 9187, status: 8000 },
  }));
  const poolers = ofKind<{ template?: { metadata?: { labels?: Record<string, string> } } }>(objects, 'Pooler').map(
    ({ metadata: { name }, spec }) => ({
      name,
      kind: 'Pooler',
      labels: { ...spec.template?.metadata?.labels, 'cnpg.io/poolerName': name },
      ports: { pgbouncer: 5432, metrics: 9127 },
    }),
  );
  const kafka = ofKind<{ kafka: { metricsConfig?: object } }>(objects, 'Kafka').flatMap(({ metadata, spec }) => {
    const cluster = { 'strimzi.io/cluster': metadata.name, 'strimzi.io/kind': 'Kafka' };
    const ports = { 'tcp-ctrlplane': 9090, 'tcp-replication': 9091 };
    return [
      ...ofKind(objects, 'KafkaNodePool').map(({ metadata: pool }) => ({
        name: pool.name,
        kind: 'KafkaNodePool',
        labels: { ...cluster, 'strimzi.io/name': `${metadata.name}-kafka`, 'strimzi.io/pool-name': pool.name },
        ports: { ...ports, ...(spec.kafka.metricsConfig ? { 'tcp-prometheus': 9404 } : {}) },
      })),
      {
        name: `${metadata.name}-entity-operator`,
        kind: 'Kafka',
        labels: { ...cluster, 'strimzi.io/name': `${metadata.name}-entity-operator` },
        ports: {},
      },
    ];
  });
  return [...ours, ...postgres, ...poolers, ...kafka];
}

/** Which of our programs a pod runs. */
export const appOf = (spec: PodSpec | undefined): string =>
  /chip-quality-([a-z]+)/.exec(spec?.containers[0]?.image ?? '')?.[1] ?? '';

/** The Cluster that a host name leads to, by a pooler or not. */
export function clusterOf(objects: readonly KubernetesObject[], host: string): string | undefined {
  const pooler = ofKind<{ cluster: { name: string } }>(objects, 'Pooler').find(
    ({ metadata }) => metadata.name === host,
  );
  return (
    pooler?.spec.cluster.name ??
    ofKind(objects, 'Cluster').find(({ metadata: { name } }) =>
      ['rw', 'ro', 'r'].some((type) => host === `${name}-${type}`),
    )?.metadata.name
  );
}

/** The environment of a container, as far as it is known without secrets, which are represented by their names. */
export function environmentOf(container: Container, objects: readonly KubernetesObject[]): Record<string, string> {
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

/** A database URL of a pod: who connects to which host, with which files. */
export interface DatabaseUse {
  readonly pod: Pod;
  readonly variable: string;
  readonly url: URL;
}

export function databaseUses(objects: readonly KubernetesObject[]): DatabaseUse[] {
  return podsOf(objects).flatMap((pod) =>
    (pod.spec?.containers ?? []).flatMap((container) =>
      Object.entries(environmentOf(container, objects))
        .filter(([variable, value]) => variable.endsWith('DATABASE_URL') && URL.canParse(value))
        .map(([variable, value]) => ({ pod, variable, url: new URL(value) })),
    ),
  );
}
