/** The overlays of k8s, rendered: each is in order, and each mistake that we know of is noticed. */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { problemsOf } from './checks.ts';
import { findKustomize, overlayNames, render, renderFolder } from './kubernetes/kustomize.ts';
import type { KubernetesObject } from './kubernetes/objects.ts';
import { overlayProblems } from './kubernetes/overlay-problems.ts';
import { schemaProblems } from './kubernetes/schema-problems.ts';
import { readDeployment } from './manifests.ts';
import { loadServiceSchemas, type ServiceSchemas } from './service-schemas.ts';

const kustomize = await findKustomize(AbortSignal.timeout(600_000));
if ('missing' in kustomize) {
  // Jest names the tests that it skips; this is why.
  process.stderr.write(`\nthe overlays of k8s are not checked: ${kustomize.missing}\n`);
}
const describeRendered = 'missing' in kustomize ? describe.skip : describe;

const deployment = readDeployment(REPOSITORY_ROOT);
const VERSION = deployment.packageJson.version;
const rendered = new Map<string, KubernetesObject[]>();
let schemas: ServiceSchemas;

beforeAll(async () => {
  schemas = await loadServiceSchemas();
  for (const name of 'missing' in kustomize ? [] : overlayNames()) {
    rendered.set(name, await render(kustomize as readonly [string], name, AbortSignal.timeout(120_000)));
  }
}, 600_000);

const problems = (objects: readonly KubernetesObject[]): string[] => [
  ...overlayProblems(objects, VERSION),
  ...problemsOf({ ...deployment, kubernetes: [...objects] }, schemas),
];

/** Sets the field at `path` of an object, or removes it. */
function spoil(objects: KubernetesObject[], kind: string, name: string, path: string, value?: unknown): void {
  const object = objects.find((candidate) => candidate.kind === kind && candidate.metadata.name === name);
  if (!object) {
    throw new Error(`the overlay has no ${kind} ${name}`);
  }
  const fields = path.split('/');
  const last = fields.pop() as string;
  let holder = object as unknown as Record<string, unknown>;
  for (const field of fields) {
    holder = holder[field] as Record<string, unknown>;
  }
  if (Array.isArray(holder) && value === undefined) {
    holder.splice(Number(last), 1);
  } else if (value === undefined) {
    delete holder[last];
  } else {
    holder[last] = value;
  }
}

const remove = (objects: KubernetesObject[], kind: string, name: string): unknown =>
  objects.splice(
    objects.findIndex((object) => object.kind === kind && object.metadata.name === name),
    1,
  );

type Mistake = [string, (objects: KubernetesObject[]) => unknown, RegExp];
const set =
  (kind: string, name: string, path: string, value?: unknown): Mistake[1] =>
  (objects) =>
    spoil(objects, kind, name, path, value);

const CLUSTER = ['Cluster', 'postgres-cluster'] as const;
const KAFKA = ['Kafka', 'kafka-cluster'] as const;
const CONTAINER = 'spec/template/spec/containers/0';
const PARAMETERS = 'spec/postgresql/parameters';
const TRIGGER = 'spec/triggers/0/metadata';

/** Known by the rules. */
const mistakes: Mistake[] = [
  [
    'a schedule without seconds',
    set('ScheduledBackup', 'postgres-backup', 'spec/schedule', '0 2 * * *'),
    /"0 2 \* \* \*" has no field for seconds/,
  ],
  ['the default method of a backup', set('ScheduledBackup', 'postgres-backup', 'spec/method'), /method is not plugin/],
  ['a backup of a cluster without the plugin', set(...CLUSTER, 'spec/plugins'), /its Cluster has no plugin barman/],
  ['backups without end', set('ObjectStore', 'postgres-store', 'spec/retentionPolicy'), /keeps backups indefinitely/],
  ['a store that is not there', (objects) => remove(objects, 'ObjectStore', 'postgres-store'), /no ObjectStore/],
  ['a commit on one machine', set(...CLUSTER, 'spec/postgresql/synchronous'), /may be on one machine alone/],
  [
    'writes that go on with one copy',
    set(...CLUSTER, 'spec/postgresql/synchronous/dataDurability', 'preferred'),
    /may be on one machine alone/,
  ],
  ['slots that end with the primary', set(...CLUSTER, `${PARAMETERS}/sync_replication_slots`), /do not survive a fail/],
  ['a slot without bound', set(...CLUSTER, `${PARAMETERS}/max_slot_wal_keep_size`), /fills walStorage/],
  ['more WAL than its disk', set(...CLUSTER, `${PARAMETERS}/max_wal_size`, '48GB'), /fills walStorage/],
  [
    'a question that may fill the disk',
    set(...CLUSTER, `${PARAMETERS}/temp_file_limit`),
    /one question may fill the disk/,
  ],
  ['more buffers than memory', set(...CLUSTER, `${PARAMETERS}/shared_buffers`, '12GB'), /more than 40 % of its memory/],
  ['TimescaleDB that is not loaded', set(...CLUSTER, 'spec/postgresql/shared_preload_libraries/0'), /not preloaded/],
  ['an image that says no version', set(...CLUSTER, 'spec/imageName', 'chip-quality-postgres:ts2'), /major version/],
  ['a certificate for other names', set(...CLUSTER, 'spec/certificates'), /is not for postgres-pooler-ro/],
  ['a role that cannot log in', set(...CLUSTER, 'spec/postgresql/pg_hba/1'), /no line of pg_hba lets chip_writer in/],
  ['too few connections', set(...CLUSTER, `${PARAMETERS}/max_connections`, '100'), /150 connections are possible/],
  ['a role too few', (objects) => remove(objects, 'DatabaseRole', 'chip-ingest'), /none for chip_ingest/],
  ['an owner who loses a role', set('DatabaseRole', 'chip-migrator', 'spec/inRoles/3'), /would revoke chip_ingest/],
  [
    'TimescaleDB updated by the operator',
    set('Database', 'chip-quality', 'spec/extensions/0/version', '2.20.0'),
    /cannot be updated by the operator/,
  ],
  ['session locks through PgBouncer', databaseHost('writer', 'postgres-pooler-rw'), /leads through PgBouncer/],
  ['a database that nobody has', databaseHost('query', 'postgres-rw'), /neither a Cluster nor a Pooler/],
  ['a server that is not verified', databaseHost('query', 'disable', 'verify-full'), /not verify/],
  [
    'the rights of another service',
    databaseHost('ingest', 'chip_writer@postgres-cluster-rw', /[^/]*(?=:5432)/),
    /is chip_writer/,
  ],
  ['a file that no volume has', databaseHost('ingest', 'client.key', 'tls.key'), /no volume has the file .*client.key/],
  [
    'a pooler in session mode',
    set('Pooler', 'postgres-pooler-rw', 'spec/pgbouncer/poolMode', 'session'),
    /not in trans/,
  ],
  [
    'a pooler that lets anyone in',
    set('Pooler', 'postgres-pooler-ro', 'spec/pgbouncer/parameters/client_tls_sslmode'),
    /does not look at the certificate/,
  ],
  [
    'a column more for downstream',
    set('Publication', 'chip-results', 'spec/target/objects/0/table/columns/3', 'metadata'),
    /lots is not as in docs\/sql\/publication.sql/,
  ],
  ['topics made by mistake', set(...KAFKA, 'spec/kafka/config/auto.create.topics.enable'), /would be created/],
  ['an unclean leader', set(...KAFKA, 'spec/kafka/config/unclean.leader.election.enable', true), /lacks records/],
  ['brokers with small messages', set(...KAFKA, 'spec/kafka/config/message.max.bytes', 1048588), /below the largest/],
  ['one copy by default', set(...KAFKA, 'spec/kafka/config/default.replication.factor', 1), /3 and 2 lose nothing/],
  ['a topic with one copy', set('KafkaTopic', 'telemetry.accepted.v1', 'spec/replicas', 1), /1 copies of which 2/],
  [
    'an acknowledgement by one disk',
    set('KafkaTopic', 'telemetry.accepted.v1', 'spec/config/min.insync.replicas', 1),
    /3 copies of which 1/,
  ],
  ['more copies than brokers', set('KafkaNodePool', 'brokers', 'spec/replicas', 2), /3 copies on 2 brokers/],
  [
    'another retention than the contract',
    set('KafkaTopic', 'telemetry.samples.v1', 'spec/config/retention.ms', 3600000),
    /retention.ms is 3600000, the contract says 604800000/,
  ],
  ['a topic too few', (objects) => remove(objects, 'KafkaTopic', 'inspection.results.v1.dlq'), /none for inspection/],
  ['brokers open to everyone', set(...KAFKA, 'spec/kafka/authorization'), /everyone may do everything/],
  ['another metadata version', set(...KAFKA, 'spec/kafka/version', '4.3.1'), /metadataVersion 4.2-IV1 is not that of/],
  [
    'a listener that is not there',
    set(...KAFKA, 'spec/kafka/listeners/0/port', 9094),
    /no listener is at kafka-cluster/,
  ],
  ['clients without TLS', set('ConfigMap', 'kafka', 'data/KAFKA_SSL', 'off'), /KAFKA_SSL is off/],
  ['no writer at night', set('ScaledObject', 'writer', 'spec/minReplicaCount', 0), /no upkeep is done/],
  [
    'more writers than partitions',
    set('ScaledObject', 'writer', 'spec/maxReplicaCount', 12),
    /more pods than partitions/,
  ],
  [
    'records for blocks',
    set('ScaledObject', 'writer', `${TRIGGER}/lagThreshold`, '100000'),
    /not in the unit of writer/,
  ],
  ['pods for a stopped partition', set('ScaledObject', 'ingest', `${TRIGGER}/excludePersistentLag`), /ask for pods/],
  [
    'a group that begins at the end',
    set('ScaledObject', 'ingest', `${TRIGGER}/offsetResetPolicy`),
    /would have no lag/,
  ],
  ['an old protocol', set('ScaledObject', 'ingest', `${TRIGGER}/version`), /does not speak KEDA's default/],
  [
    'a stream that nobody scales by',
    set('ScaledObject', 'ingest', 'spec/triggers/1'),
    /no trigger for chip-ingest-insp/,
  ],
  [
    'brokers by their short name',
    set('ScaledObject', 'ingest', `${TRIGGER}/bootstrapServers`, 'kafka-cluster-kafka-bootstrap:9093'),
    /as KEDA sees it/,
  ],
  ['a number beside its autoscaler', set('Deployment', 'writer', 'spec/replicas', 2), /would undo its autoscaler/],
  ['two autoscalers', set('ScaledObject', 'writer', 'spec/scaleTargetRef/name', 'query'), /two autoscalers/],
  ['pods that end before callers know', set('Deployment', 'query', `${CONTAINER}/lifecycle`), /pods that are gone/],
  [
    'a Job that is not of this version',
    set('Job', 'migrate-0-1-0', 'metadata/name', 'migrate'),
    /hold the version 0.1.0/,
  ],
  ['a Job that GitOps cannot replace', set('Job', 'migrate-0-1-0', 'metadata/annotations'), /cannot replace it/],
  [
    'a Job that is killed',
    set('Job', 'migrate-0-1-0', 'spec/activeDeadlineSeconds', 3600),
    /index build would be killed/,
  ],
  [
    'a Secret that nobody makes',
    set('Deployment', 'ingest', 'spec/template/spec/volumes/0/projected/sources/1/secret/name', 'kafka-credentials'),
    /no operator makes a Secret kafka-credentials/,
  ],
  [
    'the key of the authority',
    set('Deployment', 'ingest', 'spec/template/spec/volumes/1/projected/sources/0/secret/items/0/key', 'ca.key'),
    /key ca.key of Secret postgres-cluster-ca/,
  ],
  [
    'a whole Secret',
    set('Deployment', 'ingest', 'spec/template/spec/volumes/1/projected/sources/0/secret/items'),
    /key \(all of them\) of Secret postgres-cluster-ca/,
  ],
  [
    'files that the user cannot read',
    set('Deployment', 'query', 'spec/template/spec/securityContext/fsGroup'),
    /fsGroup/,
  ],
  [
    'a pooler of another cluster',
    set('Pooler', 'postgres-pooler-rw', 'spec/cluster/name', 'postgres'),
    /no Cluster postgres/,
  ],
  [
    'an object elsewhere',
    set('KafkaTopic', 'telemetry.samples.v1', 'metadata/namespace', 'kafka'),
    /is in kafka, the others/,
  ],
  [
    'a monitor of nothing',
    set('PodMonitor', 'postgres', 'spec/selector/matchLabels', { app: 'postgres' }),
    /selects no pod/,
  ],
  [
    'a monitor of no port',
    set('PodMonitor', 'services', 'spec/podMetricsEndpoints/0/port', 'metrics'),
    /has no port metrics/,
  ],
  [
    'pods that nobody watches',
    (objects) => remove(objects, 'PodMonitor', 'kafka'),
    /brokers: no PodMonitor selects it/,
  ],
  ['no budget', (objects) => remove(objects, 'PodDisruptionBudget', 'query'), /query: a drained node may take all/],
  ['no policy by default', (objects) => remove(objects, 'NetworkPolicy', 'default-deny'), /nothing denies by default/],
  [
    'a service without its brokers',
    (objects) => remove(objects, 'NetworkPolicy', 'to-kafka'),
    /ingest does not reach brok/,
  ],
  [
    'a service without its database',
    (objects) => remove(objects, 'NetworkPolicy', 'to-postgres'),
    /writer does not reach post/,
  ],
  [
    'a scraper outside',
    (objects) => remove(objects, 'NetworkPolicy', 'scraper'),
    /monitoring does not reach ingest:3000/,
  ],
  [
    'an operator outside',
    set('NetworkPolicy', 'postgres', 'spec/ingress/1'),
    /cnpg-system does not reach postgres-cluster:8000/,
  ],
  [
    'a database for everyone',
    set('NetworkPolicy', 'postgres', 'spec/ingress/0/from'),
    /elsewhere reaches postgres-cluster:5432/,
  ],
  [
    'autoscaling outside',
    set(...KAFKA, 'spec/kafka/listeners/0/networkPolicyPeers/1'),
    /keda does not reach brokers:9093/,
  ],
  ['a password', databaseHost('writer', 'chip_writer:secret@', 'chip_writer@'), /has the value of DATABASE_URL/],
];

/** Known by the rules of two databases. */
const splitMistakes: Mistake[] = [
  [
    'a stream for nobody',
    environment('telemetry-writer', 'WRITER_STREAMS', 'inspection'),
    /telemetry is for none of w/,
  ],
  [
    'a stream for two writers',
    environment('writer', 'WRITER_STREAMS', 'telemetry,inspection'),
    /telemetry is for (telemetry-writer and writer|writer and telemetry-writer) of writer/,
  ],
  [
    'an ingest that asks the other database',
    databaseHost('telemetry-ingest', 'postgres-cluster-rw'),
    /telemetry-ingest: DATABASE_URL leads to postgres-cluster-rw, but telemetry is loaded into telemetry-postgres-cl/,
  ],
  [
    'questions about telemetry to the other database',
    environment('query', 'TELEMETRY_DATABASE_URL', undefined),
    /would look for telemetry where it is not/,
  ],
  [
    'the certificate of the other database',
    set(
      'Deployment',
      'telemetry-writer',
      'spec/template/spec/volumes/0/projected/sources/1/secret/name',
      'chip-writer-client-cert',
    ),
    /is chip_writer of telemetry-postgres-cluster, and shows chip-writer-client-cert/,
  ],
  [
    'two archives in one folder',
    set('Cluster', 'telemetry-postgres-cluster', 'spec/plugins/0/parameters/serverName', 'postgres-cluster'),
    /archives to s3:\/\/chip-quality-backups\/postgres-cluster, where another Cluster does/,
  ],
  [
    'a database that nobody backs up',
    (objects) => remove(objects, 'ScheduledBackup', 'telemetry-postgres-backup'),
    /telemetry-postgres-cluster: no ScheduledBackup/,
  ],
  [
    'a database that nobody migrates',
    (objects) => remove(objects, 'Job', 'telemetry-migrate-0-1-0'),
    /telemetry-postgres-cluster: no Job brings its schema/,
  ],
  [
    'pods for the lag of another stream',
    set('ScaledObject', 'telemetry-writer', `${TRIGGER}/consumerGroup`, 'chip-writer-inspection'),
    /trigger for chip-writer-inspection, which its pods do not read/,
  ],
];

/** Sets or removes a variable of a Deployment. */
function environment(deployment: string, variable: string, value: string | undefined): Mistake[1] {
  return (objects) => {
    const container = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === deployment)?.spec
      ?.template?.spec.containers[0];
    const others = container?.env?.filter(({ name }) => name !== variable) ?? [];
    container!.env = value === undefined ? others : [...others, { name: variable, value }];
  };
}

/** Replaces a part of the database URL of a service; of its host when no part is named. */
function databaseHost(service: string, by: string, part: string | RegExp = /(?<=@)[^:]*/): Mistake[1] {
  return (objects) => {
    const deployed = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === service);
    const variable = deployed?.spec?.template?.spec.containers[0]?.env?.find(({ name }) => name === 'DATABASE_URL');
    variable!.value = variable!.value!.replace(part, by);
  };
}

describeRendered('the overlays of k8s', () => {
  it('are all there', () => {
    expect([...rendered.keys()]).toEqual(['cell', 'dev', 'production', 'restore', 'split']);
  });

  it.each(['dev', 'production', 'cell', 'restore', 'split'])(
    '%s is what the schemas of its kinds say',
    (name) => {
      expect(schemaProblems(rendered.get(name)!)).toEqual([]);
    },
    300_000,
  );

  it.each(['dev', 'production', 'cell', 'restore', 'split'])('%s keeps every rule', (name) => {
    expect(problems(rendered.get(name)!)).toEqual([]);
  });

  it('the overlay of docs/deployment.md names a registry, a class and a bucket in all of production', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'chip-overlay-'));
    try {
      const page = readFileSync(path.join(REPOSITORY_ROOT, 'docs/deployment.md'), 'utf8');
      const [, text = ''] = /```yaml\n( *# kustomization\.yaml\n[^]*?)```/.exec(page) ?? [];
      const names: Record<string, string> = {
        'this repository': path.relative(realpathSync(folder), REPOSITORY_ROOT),
        registry: 'registry.example/fab',
        class: 'nvme',
        bucket: 'fab',
      };
      const filled = text.replaceAll(/<([a-z ]+)>/g, (whole, name: string) => names[name] ?? whole);
      writeFileSync(path.join(folder, 'kustomization.yaml'), filled);
      const objects = await renderFolder(kustomize as readonly [string], folder, AbortSignal.timeout(120_000));
      expect(problems(objects)).toEqual([]);
      const all = JSON.stringify(objects);
      expect(all).not.toMatch(/"chip-quality-[a-z]+:|fast-ssd|s3:\/\/chip-quality/);
      expect(all).toMatch(/"registry\.example\/fab\/chip-quality-postgres:17-ts2\.19\.3"/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(mistakes)('%s is noticed', (_name, seed, message) => {
    const copy = structuredClone(rendered.get('production')!);
    seed(copy);
    expect(problems(copy).join('\n')).toMatch(message);
  });

  it.each(splitMistakes)('%s is noticed', (_name, seed, message) => {
    const copy = structuredClone(rendered.get('split')!);
    seed(copy);
    expect(problems(copy).join('\n')).toMatch(message);
  });

  it('restores neither over the archive that it reads, nor to a time of no zone', () => {
    const copy = structuredClone(rendered.get('restore')!);
    spoil(copy, ...CLUSTER, 'spec/bootstrap/recovery/recoveryTarget/targetTime', '2026-01-20 10:30:00');
    spoil(copy, ...CLUSTER, 'spec/bootstrap/recovery/source', 'elsewhere');
    spoil(copy, ...CLUSTER, 'spec/plugins', [
      { name: 'barman-cloud.cloudnative-pg.io', isWALArchiver: true, parameters: { serverName: 'postgres-cluster' } },
    ]);
    expect(problems(copy).join('\n')).toMatch(
      /has no zone[^]*over the WAL that it recovers from[^]*recovers from elsewhere/,
    );
  });

  it('have no field, kind or value that their schemas do not know', () => {
    const copy = structuredClone(rendered.get('production')!);
    spoil(copy, ...CLUSTER, 'spec/monitoring', { enabled: true });
    spoil(copy, 'ScheduledBackup', 'postgres-backup', 'spec/retentionPolicy', '30d');
    spoil(copy, 'KafkaTopic', 'telemetry.samples.v1', 'apiVersion', 'kafka.strimzi.io/v1beta2');
    spoil(copy, 'KafkaUser', 'kafka-writer', 'spec/authorization/acls/0/operation', 'Read');
    spoil(copy, 'ScaledObject', 'writer', `${TRIGGER}/lagThreshold`, 1000);
    spoil(copy, 'Pooler', 'postgres-pooler-rw', 'spec/type', 'primary');
    spoil(copy, 'PodMonitor', 'services', 'spec/selector');
    spoil(copy, 'Deployment', 'ingest', 'spec/template/spec/terminationGracePeriodSecond', 40);
    spoil(copy, 'Deployment', 'writer', 'spec/minReadySeconds', 'ten');
    spoil(copy, 'Job', 'migrate-0-1-0', 'spec/template');
    const found = schemaProblems(copy).join('\n');
    for (const said of [
      /Cluster postgres-cluster: \/spec\/monitoring must NOT have additional properties.*enabled/,
      /ScheduledBackup postgres-backup: .*retentionPolicy/,
      /KafkaTopic telemetry\.samples\.v1: no operator that we name knows kafka\.strimzi\.io\/v1beta2/,
      /KafkaUser kafka-writer: .*"operation"/,
      /ScaledObject writer: \/spec\/triggers\/0\/metadata\/lagThreshold must be string/,
      /Pooler postgres-pooler-rw: \/spec\/type must be equal to one of/,
      /PodMonitor services: \/spec must have required property 'selector'/,
      /Deployment ingest: .*terminationGracePeriodSecond\b/,
      /Deployment writer: .*'string' is not assignable to type 'number'/,
      /Job migrate-0-1-0: .*'template' is missing/,
    ]) {
      expect(found).toMatch(said);
    }
  }, 300_000);
});
