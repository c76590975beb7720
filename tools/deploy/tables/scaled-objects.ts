/** ScaledObjects of KEDA: the files k8s/scaling/{ingest,writer}.yaml, generated from the streams. */
import { STREAMS, TOPICS } from '@chip/contracts';

interface Scaled {
  readonly name: string;
  /** Why there is always one. */
  readonly never: string;
  readonly head: string;
  readonly lagThreshold: number;
  readonly triggers: readonly (readonly [group: string, topic: string])[];
}

const INGEST: Scaled = {
  name: 'ingest',
  never: 'someone has to see that machines publish',
  head: `# Lag in records of the machine topics. One ingest classifies 3,000 records/s with 100 samples each, 200,000 with one:
# 100,000 records are half a second to half a minute of its work.`,
  lagThreshold: 100_000,
  triggers: STREAMS.map(({ ingestGroup, source }) => [ingestGroup, source]),
};

const WRITER: Scaled = {
  name: 'writer',
  never: 'the upkeep of the database runs in a writer',
  head: `# Lag in blocks of the accepted topics, of up to 5,000 rows each: 1,000 blocks are about ten seconds of one writer, and
# forty of one core of PostgreSQL. When that is busy, more writers only wait (docs/scaling.md).`,
  lagThreshold: 1_000,
  triggers: STREAMS.map(({ writerGroup, accepted }) => [writerGroup, accepted]),
};

const trigger = (group: string, topic: string, lagThreshold: number): string => `    - type: kafka
      metadata:
        bootstrapServers: kafka-cluster-kafka-bootstrap.chip-quality.svc:9093
        consumerGroup: ${group}
        topic: ${topic}
        lagThreshold: '${lagThreshold}'
        offsetResetPolicy: earliest
        # A partition that is stopped needs a person, not more pods.
        excludePersistentLag: 'true'
        version: 4.0.0
        tls: enable
      authenticationRef: { name: kafka }
`;

const scaledObject = ({ name, never, head, lagThreshold, triggers }: Scaled): string =>
  `# Generated from the streams by "npm run docs".
#
${head}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: ${name}
spec:
  scaleTargetRef: { name: ${name} }
  # Never none: ${never}. Two, so that the loss of a node stops nothing.
  minReplicaCount: 2
  # One pod per partition; more would be idle.
  maxReplicaCount: ${Math.min(...TOPICS.map(({ partitions }) => partitions))}
  pollingInterval: 15
  # Kafka does not answer: stay as it is.
  fallback: { failureThreshold: 4, replicas: 2, behavior: currentReplicas }
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        # Each change of the members stops the group for a moment: few steps, and none back while it may be needed.
        scaleUp:
          stabilizationWindowSeconds: 60
          policies: [{ type: Pods, value: 2, periodSeconds: 60 }]
        scaleDown:
          stabilizationWindowSeconds: 900
          policies: [{ type: Pods, value: 1, periodSeconds: 300 }]
  triggers:
${triggers.map(([group, topic]) => trigger(group, topic, lagThreshold)).join('')}`;

export const ingestScaling = (): string => scaledObject(INGEST);
export const writerScaling = (): string => scaledObject(WRITER);
