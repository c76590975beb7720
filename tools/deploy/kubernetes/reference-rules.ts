/** What one object says of another: it exists, with that key, port or label. */
import { ofKind, selects, when, type KubernetesObject, type PodSpec, type Selector } from './objects.ts';
import { databaseUses, environmentOf, podsOf } from './pods.ts';

/** Secrets that people make, with their keys: docs/deployment.md says how. */
const MADE_BY_HAND: Readonly<Record<string, readonly string[]>> = {
  'backup-credentials': ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'],
  'sign-in': ['client-secret', 'session-secret'],
};

/** Secrets that operators make, and the keys that may be mounted: never the key of an authority. */
function secretsOf(objects: readonly KubernetesObject[]): Map<string, readonly string[]> {
  const roles = ofKind<{ clientCertificate?: { enabled?: boolean } }>(objects, 'DatabaseRole');
  return new Map([
    ...Object.entries(MADE_BY_HAND),
    ...ofKind(objects, 'Kafka').map(({ metadata }) => [`${metadata.name}-cluster-ca-cert`, ['ca.crt']] as const),
    ...ofKind(objects, 'KafkaUser').map(
      ({ metadata }) => [metadata.name, ['ca.crt', 'user.crt', 'user.key', 'user.p12', 'user.password']] as const,
    ),
    ...ofKind(objects, 'Cluster').map(({ metadata }) => [`${metadata.name}-ca`, ['ca.crt']] as const),
    ...roles
      .filter(({ spec }) => spec.clientCertificate !== undefined && spec.clientCertificate.enabled !== false)
      .map(({ metadata }) => [`${metadata.name}-client-cert`, ['tls.crt', 'tls.key']] as const),
  ]);
}

/** Every reference to a key of a Secret. */
function secretKeys(objects: readonly KubernetesObject[]): { where: string; name: string; key: string | undefined }[] {
  const found: { where: string; name: string; key: string | undefined }[] = [];
  const walk = (value: unknown, where: string): void => {
    if (Array.isArray(value)) {
      value.forEach((inner) => walk(inner, where));
      return;
    }
    if (typeof value !== 'object' || value === null) {
      return;
    }
    for (const [field, inner] of Object.entries(value) as [string, Record<string, unknown>][]) {
      if (field === 'secret' && typeof inner?.['name'] === 'string') {
        const items = inner['items'] as { key: string }[] | undefined;
        for (const key of items?.map((item) => item.key) ?? [undefined]) {
          found.push({ where, name: inner['name'], key });
        }
      } else if (['secretKeyRef', 'accessKeyId', 'secretAccessKey', 'sessionToken'].includes(field)) {
        found.push({ where, name: String(inner['name']), key: String(inner['key']) });
      } else if (field === 'secretTargetRef') {
        for (const { name, key } of inner as unknown as { name: string; key: string }[]) {
          found.push({ where, name, key });
        }
      } else {
        walk(inner, where);
      }
    }
  };
  objects.forEach(({ kind, metadata, spec }) => walk(spec, `${kind} ${metadata.name}`));
  return found;
}

export function secretProblems(objects: readonly KubernetesObject[]): string[] {
  const secrets = secretsOf(objects);
  return secretKeys(objects).flatMap(({ where, name, key }) => {
    const keys = secrets.get(name);
    return [
      ...when(keys === undefined, `${where}: no operator makes a Secret ${name}`),
      ...when(
        keys !== undefined && (key === undefined || !keys.includes(key)),
        `${where}: key ${key ?? '(all of them)'} of Secret ${name} is not there, or not for it`,
      ),
    ];
  });
}

/** Paths of the files that the volumes of a pod put into a container. */
function filesOf({ containers, volumes = [] }: PodSpec): Set<string> {
  return new Set(
    containers.flatMap(({ volumeMounts = [] }) =>
      volumeMounts.flatMap(({ name, mountPath }) =>
        (volumes.find((volume) => volume.name === name)?.projected?.sources ?? []).flatMap(({ secret }) =>
          (secret?.items ?? []).map((item) => `${mountPath}/${item.path}`),
        ),
      ),
    ),
  );
}

export function fileProblems(objects: readonly KubernetesObject[]): string[] {
  const inUrls = databaseUses(objects).flatMap(({ pod, url }) =>
    ['sslrootcert', 'sslcert', 'sslkey'].map((parameter) => ({ pod, path: url.searchParams.get(parameter) })),
  );
  const inVariables = podsOf(objects).flatMap((pod) =>
    (pod.spec?.containers ?? []).flatMap((container) =>
      Object.entries(environmentOf(container, objects))
        .filter(([variable]) => variable.endsWith('_FILE'))
        .map(([, path]) => ({ pod, path })),
    ),
  );
  return [
    ...[...inUrls, ...inVariables].flatMap(({ pod, path }) =>
      when(path === null || !filesOf(pod.spec!).has(path), `${pod.kind} ${pod.name}: no volume has the file ${path}`),
    ),
    ...podsOf(objects).flatMap(({ kind, name, spec }) =>
      when(
        (spec?.volumes ?? []).length > 0 && spec?.securityContext?.fsGroup === undefined,
        `${kind} ${name}: without fsGroup its user cannot read its files`,
      ),
    ),
  ];
}

/** Kinds that belong to another object, and the path of the name in them. */
const OWNERS: readonly (readonly [
  kind: string,
  owner: string,
  name: (spec: never, object: KubernetesObject) => unknown,
])[] = [
  ...['Pooler', 'Database', 'DatabaseRole', 'Publication', 'ScheduledBackup'].map(
    (kind) => [kind, 'Cluster', ({ cluster }: { cluster?: { name: string } }) => cluster?.name] as const,
  ),
  ...['KafkaTopic', 'KafkaUser', 'KafkaNodePool'].map(
    (kind) =>
      [kind, 'Kafka', (_: never, { metadata }: KubernetesObject) => metadata.labels?.['strimzi.io/cluster']] as const,
  ),
  ...['ScaledObject', 'HorizontalPodAutoscaler'].map(
    (kind) =>
      [kind, 'Deployment', ({ scaleTargetRef }: { scaleTargetRef: { name: string } }) => scaleTargetRef.name] as const,
  ),
];

export function ownerProblems(objects: readonly KubernetesObject[]): string[] {
  const exists = (kind: string, name: unknown): boolean =>
    objects.some((object) => object.kind === kind && object.metadata.name === name);
  const [home] = ofKind(objects, 'Namespace');
  return [
    ...OWNERS.flatMap(([kind, owner, nameIn]) =>
      objects
        .filter((object) => object.kind === kind)
        .flatMap((object) => {
          const name = nameIn(object.spec as never, object);
          return when(!exists(owner, name), `${kind} ${object.metadata.name}: no ${owner} ${String(name)}`);
        }),
    ),
    ...podsOf(objects).flatMap(({ kind, name, spec }) =>
      (spec?.containers ?? [])
        .flatMap(({ envFrom = [] }) => envFrom)
        .flatMap(({ configMapRef }) =>
          when(
            configMapRef !== undefined && !exists('ConfigMap', configMapRef.name),
            `${kind} ${name}: no ConfigMap ${configMapRef?.name}`,
          ),
        ),
    ),
    ...objects.flatMap(({ kind, metadata }) =>
      when(
        kind !== 'Namespace' && metadata.namespace !== home?.metadata.name,
        `${kind} ${metadata.name}: is in ${metadata.namespace}, the others in ${home?.metadata.name}`,
      ),
    ),
    ...objects.flatMap(({ kind, metadata }, index) =>
      when(
        objects.findIndex((other) => other.kind === kind && other.metadata.name === metadata.name) !== index,
        `${kind} ${metadata.name}: is there twice`,
      ),
    ),
  ];
}

export function selectorProblems(objects: readonly KubernetesObject[]): string[] {
  const pods = podsOf(objects);
  const selectors: { where: string; selector: Selector; ports: (string | number)[] }[] = [
    ...ofKind<{ selector: Selector; podMetricsEndpoints?: { port: string }[] }>(objects, 'PodMonitor').map(
      (monitor) => ({
        where: `PodMonitor ${monitor.metadata.name}`,
        selector: monitor.spec.selector,
        ports: (monitor.spec.podMetricsEndpoints ?? []).map(({ port }) => port),
      }),
    ),
    ...ofKind<{ selector: Selector }>(objects, 'PodDisruptionBudget').map(({ metadata, spec }) => ({
      where: `PodDisruptionBudget ${metadata.name}`,
      selector: spec.selector,
      ports: [],
    })),
    ...ofKind<{ selector: Record<string, string>; ports: { targetPort: string | number }[] }>(objects, 'Service').map(
      ({ metadata, spec }) => ({
        where: `Service ${metadata.name}`,
        selector: { matchLabels: spec.selector },
        ports: spec.ports.map(({ targetPort }) => targetPort),
      }),
    ),
    ...pods.flatMap(({ kind, name, spec }) =>
      (spec?.topologySpreadConstraints ?? []).map(({ labelSelector }) => ({
        where: `${kind} ${name}: the spread`,
        selector: labelSelector,
        ports: [],
      })),
    ),
  ];
  return [
    ...selectors.flatMap(({ where, selector, ports }) => {
      const selected = pods.filter(({ labels }) => selects(selector, labels));
      return [
        ...when(selected.length === 0, `${where}: selects no pod`),
        ...selected.flatMap((pod) =>
          ports
            .filter((port) => !(String(port) in pod.ports) && !Object.values(pod.ports).includes(Number(port)))
            .map((port) => `${where}: ${pod.name} has no port ${port}`),
        ),
      ];
    }),
    ...watched(objects),
    ...pods
      .filter(({ kind, spec }) => kind === 'Deployment' && spec?.topologySpreadConstraints !== undefined)
      .flatMap(({ name, labels }) =>
        when(
          !ofKind<{ selector: Selector }>(objects, 'PodDisruptionBudget').some(({ spec }) =>
            selects(spec.selector, labels),
          ),
          `Deployment ${name}: a drained node may take all its pods: no PodDisruptionBudget`,
        ),
      ),
  ];
}

/** Pods with metrics that no PodMonitor selects, in an overlay that has any. */
function watched(objects: readonly KubernetesObject[]): string[] {
  const monitors = ofKind<{ selector: Selector }>(objects, 'PodMonitor');
  const hasMetrics = ({ ports }: { ports: Readonly<Record<string, number>> }): boolean =>
    ['management', 'metrics', 'tcp-prometheus'].some((name) => name in ports);
  return monitors.length === 0
    ? []
    : podsOf(objects)
        .filter((pod) => hasMetrics(pod) && !monitors.some(({ spec }) => selects(spec.selector, pod.labels)))
        .map(({ kind, name }) => `${kind} ${name}: no PodMonitor selects it`);
}
