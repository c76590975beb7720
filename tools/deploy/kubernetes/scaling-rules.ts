/** Pods by lag and by CPU, and Jobs: what an autoscaler or a second apply must find. */
import { ofKind, when, type KubernetesObject } from './objects.ts';
import { appOf } from './pods.ts';
import { streamsOf } from './stream-rules.ts';

interface ScaledObjectSpec {
  scaleTargetRef: { name: string };
  minReplicaCount?: number;
  maxReplicaCount?: number;
  fallback?: object;
  advanced?: {
    horizontalPodAutoscalerConfig?: { behavior?: { scaleDown?: { stabilizationWindowSeconds?: number } } };
  };
  triggers: { type: string; metadata: Record<string, string>; authenticationRef?: { name: string } }[];
}

/** Lag of the writer is in blocks of up to 5,000 rows, lag of ingest in records: their thresholds differ that much. */
const THRESHOLDS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  ingest: [10_000, 1_000_000],
  writer: [100, 5_000],
};
/** Each step stops a consumer group for a moment. */
const CALM_SECONDS = 300;

export function scaledObjectProblems(objects: readonly KubernetesObject[]): string[] {
  const [home] = ofKind(objects, 'Namespace');
  const partitions = Math.min(
    ...ofKind<{ partitions: number }>(objects, 'KafkaTopic').map(({ spec }) => spec.partitions),
  );
  const addresses = ofKind<{ kafka: { listeners: { port: number }[] } }>(objects, 'Kafka').flatMap(
    ({ metadata, spec }) =>
      spec.kafka.listeners.map(({ port }) => `${metadata.name}-kafka-bootstrap.${home?.metadata.name}.svc:${port}`),
  );
  return ofKind<ScaledObjectSpec>(objects, 'ScaledObject').flatMap(({ metadata, spec }) => {
    const where = `ScaledObject ${metadata.name}`;
    const target = objects.find(
      ({ kind, metadata: { name } }) => kind === 'Deployment' && name === spec.scaleTargetRef.name,
    );
    const app = appOf(target?.spec?.template?.spec);
    const [least, most] = THRESHOLDS[app] ?? [1, Infinity];
    const calm = spec.advanced?.horizontalPodAutoscalerConfig?.behavior?.scaleDown?.stabilizationWindowSeconds ?? 0;
    const expected = streamsOf(objects, spec.scaleTargetRef.name).map((stream) =>
      app === 'ingest' ? [stream.ingestGroup, stream.source] : [stream.writerGroup, stream.accepted],
    );
    return [
      ...when(!((spec.minReplicaCount ?? 0) >= 1), `${where}: without a pod nothing is read, and no upkeep is done`),
      ...when(!((spec.maxReplicaCount ?? 100) <= partitions), `${where}: more pods than partitions (${partitions})`),
      ...when(spec.fallback === undefined, `${where}: no fallback when Kafka does not answer`),
      ...when(calm < CALM_SECONDS, `${where}: scales down at once, and each step stops the group`),
      ...expected
        .filter(
          ([group, topic]) =>
            !spec.triggers.some(
              (trigger) => trigger.metadata['consumerGroup'] === group && trigger.metadata['topic'] === topic,
            ),
        )
        .map(([group, topic]) => `${where}: no trigger for ${group} on ${topic}`),
      ...spec.triggers
        .filter((trigger) => !expected.some(([group]) => trigger.metadata['consumerGroup'] === group))
        .map((trigger) => `${where}: trigger for ${trigger.metadata['consumerGroup']}, which its pods do not read`),
      ...spec.triggers.flatMap(({ type, metadata: trigger, authenticationRef }) => [
        ...when(type !== 'kafka', `${where}: trigger ${type}`),
        ...when(
          !addresses.includes(trigger['bootstrapServers'] ?? ''),
          `${where}: no listener is at ${trigger['bootstrapServers']}, as KEDA sees it from its own namespace`,
        ),
        ...when(trigger['offsetResetPolicy'] !== 'earliest', `${where}: a group without offsets would have no lag`),
        ...when(
          trigger['excludePersistentLag'] !== 'true',
          `${where}: a stopped partition would ask for pods indefinitely (excludePersistentLag)`,
        ),
        ...when(
          !(parseFloat(trigger['version'] ?? '1') >= 2.1),
          `${where}: Kafka 4 does not speak KEDA's default version`,
        ),
        ...when(trigger['tls'] !== 'enable', `${where}: KEDA does not use TLS`),
        ...when(
          !(Number(trigger['lagThreshold']) >= least && Number(trigger['lagThreshold']) <= most),
          `${where}: lagThreshold ${trigger['lagThreshold']} is not in the unit of ${app}`,
        ),
        ...when(
          !ofKind(objects, 'TriggerAuthentication').some((one) => one.metadata.name === authenticationRef?.name),
          `${where}: no TriggerAuthentication ${authenticationRef?.name}`,
        ),
      ]),
    ];
  });
}

export function replicaProblems(objects: readonly KubernetesObject[]): string[] {
  const scaled = ['ScaledObject', 'HorizontalPodAutoscaler'].flatMap((kind) =>
    ofKind<{ scaleTargetRef: { name: string } }>(objects, kind).map(({ spec }) => spec.scaleTargetRef.name),
  );
  return [
    ...objects
      .filter(({ kind, metadata }) => kind === 'Deployment' && scaled.includes(metadata.name))
      .flatMap(({ metadata, spec }) =>
        when(
          spec?.replicas !== undefined,
          `Deployment ${metadata.name}: each apply would undo its autoscaler (replicas)`,
        ),
      ),
    ...scaled
      .filter((name, index) => scaled.indexOf(name) !== index)
      .map((name) => `Deployment ${name}: two autoscalers`),
  ];
}

export function jobProblems(objects: readonly KubernetesObject[], version: string): string[] {
  return objects
    .filter(({ kind }) => kind === 'Job')
    .flatMap(({ metadata: { name, annotations }, spec }) => [
      ...when(
        !name.endsWith(`-${version.replaceAll('.', '-')}`),
        `Job ${name}: a Job cannot change, so its name must hold the version ${version}`,
      ),
      ...when(
        annotations?.['kustomize.toolkit.fluxcd.io/force'] !== 'enabled' ||
          annotations['argocd.argoproj.io/sync-options'] !== 'Force=true,Replace=true',
        `Job ${name}: GitOps cannot replace it`,
      ),
      ...when(spec?.activeDeadlineSeconds !== undefined, `Job ${name}: a long index build would be killed`),
      ...when(!((spec?.backoffLimit ?? 6) >= 20), `Job ${name}: gives up before a new cluster is there`),
    ]);
}

export function drainProblems(objects: readonly KubernetesObject[]): string[] {
  return objects
    .filter(
      ({ kind, metadata }) =>
        kind === 'Deployment' &&
        ofKind(objects, 'HorizontalPodAutoscaler').some((one) => one.metadata.name === metadata.name),
    )
    .flatMap(({ metadata, spec }) => {
      const pod = spec?.template?.spec;
      const pause = pod?.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
      return [
        ...when(pause < 5, `Deployment ${metadata.name}: callers reach pods that are gone (preStop)`),
        ...when(
          !((pod?.terminationGracePeriodSeconds ?? 30) >= pause + 30),
          `Deployment ${metadata.name}: is killed before it has drained`,
        ),
      ];
    });
}
