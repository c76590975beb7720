/** PostgreSQL by CloudNativePG: settings that its schema accepts and that lose data, connections or backups. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import { bytes, ofKind, when, type KubernetesObject } from './objects.ts';
import { appOf, clusterOf, databaseUses } from './pods.ts';

interface Plugin {
  name: string;
  isWALArchiver?: boolean;
  parameters?: { barmanObjectName?: string; serverName?: string };
}

interface ClusterSpec {
  instances: number;
  imageName?: string;
  backup?: object;
  monitoring?: { enablePodMonitor?: boolean };
  enableSuperuserAccess?: boolean;
  certificates?: { serverAltDNSNames?: string[] };
  postgresql: {
    parameters: Record<string, string>;
    shared_preload_libraries?: string[];
    synchronous?: { number: number; dataDurability?: string };
    pg_hba?: string[];
  };
  replicationSlots?: { highAvailability?: { synchronizeLogicalDecoding?: boolean } };
  plugins?: Plugin[];
  externalClusters?: { name: string; plugin?: Plugin }[];
  bootstrap?: {
    initdb?: { owner: string; database: string };
    recovery?: { source: string; recoveryTarget?: { targetTime?: string } };
  };
  storage: { size: string };
  walStorage?: { size: string };
  resources?: { limits?: { memory?: string } };
}

interface PoolerSpec {
  cluster: { name: string };
  instances: number;
  type: string;
  pgbouncer: { poolMode: string; parameters?: Record<string, string> };
}

/** PostgreSQL connections of one process: partitions written at once, upkeep, positions, health. */
const CONNECTIONS_OF: Readonly<Record<string, number>> = { writer: 8, ingest: 2 };
/** The operator's shell, CloudNativePG, exporters and a person with psql. */
const OTHER_CONNECTIONS = 20;
/** PgBouncer would spread their session locks over connections. */
const NEEDS_SESSIONS = ['ingest', 'writer', 'operator'];

const sql = (file: string): string => readFileSync(path.join(REPOSITORY_ROOT, file), 'utf8');

export function clusterProblems(objects: readonly KubernetesObject[]): string[] {
  return ofKind<ClusterSpec>(objects, 'Cluster').flatMap(({ metadata: { name }, spec }) => {
    const poolers = ofKind<PoolerSpec>(objects, 'Pooler').filter((pooler) => pooler.spec.cluster.name === name);
    const { parameters, shared_preload_libraries: preload = [], synchronous } = spec.postgresql;
    const where = `Cluster ${name}`;
    const target = spec.bootstrap?.recovery?.recoveryTarget?.targetTime;
    const archive = spec.plugins?.find(({ isWALArchiver }) => isWALArchiver)?.parameters;
    return [
      ...when(spec.backup !== undefined, `${where}: backup in the Cluster itself is gone in CloudNativePG 1.31`),
      ...when(spec.monitoring?.enablePodMonitor === true, `${where}: enablePodMonitor is deprecated`),
      ...when(spec.enableSuperuserAccess === true, `${where}: lets the superuser in from the network`),
      ...when(
        !/:1[678][.\w-]*$/.test(spec.imageName ?? ''),
        `${where}: the operator cannot read a major version that TimescaleDB supports from the tag of ${spec.imageName}`,
      ),
      ...when(preload[0] !== 'timescaledb', `${where}: timescaledb is not preloaded, or not first`),
      ...when(
        !preload.includes('pg_prewarm') || parameters['pg_prewarm.autoprewarm'] !== 'on',
        `${where}: a new primary starts cold`,
      ),
      ...when(
        !Object.keys(parameters).some((key) => key.startsWith('pg_stat_statements.')),
        `${where}: slow_queries would be empty without pg_stat_statements`,
      ),
      ...when(
        spec.instances > 1 &&
          !(synchronous && synchronous.number < spec.instances && synchronous.dataDurability === 'required'),
        `${where}: a commit may be on one machine alone (synchronous)`,
      ),
      ...when(
        spec.instances > 1 &&
          !(
            spec.replicationSlots?.highAvailability?.synchronizeLogicalDecoding === true &&
            parameters['hot_standby_feedback'] === 'on' &&
            parameters['sync_replication_slots'] === 'on'
          ),
        `${where}: the slots of subscribers do not survive a failover`,
      ),
      ...when(
        !(
          bytes(parameters['max_slot_wal_keep_size']) + (bytes(parameters['max_wal_size']) || 0) <
          bytes(spec.walStorage?.size)
        ),
        `${where}: a slot that nobody reads fills walStorage (max_slot_wal_keep_size)`,
      ),
      ...when(
        !(bytes(parameters['temp_file_limit']) > 0),
        `${where}: one question may fill the disk (temp_file_limit)`,
      ),
      ...when(
        !(bytes(parameters['shared_buffers']) <= 0.4 * bytes(spec.resources?.limits?.memory)),
        `${where}: shared_buffers is more than 40 % of its memory`,
      ),
      ...poolers
        .filter((pooler) => !spec.certificates?.serverAltDNSNames?.includes(pooler.metadata.name))
        .map((pooler) => `${where}: its certificate is not for ${pooler.metadata.name}`),
      ...when(
        target !== undefined && !/(Z|[+-]\d\d:?\d\d)$/.test(target),
        `${where}: targetTime ${target} has no zone`,
      ),
      ...(spec.externalClusters ?? []).flatMap(({ plugin }) =>
        when(
          archive !== undefined && archive.serverName === plugin?.parameters?.serverName,
          `${where}: would archive over the WAL that it recovers from (serverName)`,
        ),
      ),
      ...when(
        spec.bootstrap?.recovery !== undefined &&
          !spec.externalClusters?.some((external) => external.name === spec.bootstrap?.recovery?.source),
        `${where}: recovers from ${spec.bootstrap?.recovery?.source}, which is not one of its externalClusters`,
      ),
      ...[...(spec.plugins ?? []), ...(spec.externalClusters ?? []).map(({ plugin }) => plugin)]
        .map((plugin) => plugin?.parameters?.barmanObjectName)
        .flatMap((store) =>
          when(
            !ofKind(objects, 'ObjectStore').some(({ metadata }) => metadata.name === store),
            `${where}: no ObjectStore ${store}`,
          ),
        ),
      ...connectionProblems(objects, name, Number(parameters['max_connections'])),
    ];
  });
}

function connectionProblems(objects: readonly KubernetesObject[], cluster: string, limit: number): string[] {
  const scaled = ofKind<{ scaleTargetRef: { name: string }; maxReplicaCount: number }>(objects, 'ScaledObject');
  const direct = databaseUses(objects)
    .filter(({ url }) => clusterOf(objects, url.hostname) === cluster)
    .map(
      ({ pod }) =>
        (CONNECTIONS_OF[appOf(pod.spec)] ?? 0) *
        (scaled.find(({ spec }) => spec.scaleTargetRef.name === pod.name)?.spec.maxReplicaCount ?? 1),
    );
  // A replica has the clients of "ro", the primary those of "rw": the larger one counts.
  const pooled = ofKind<PoolerSpec>(objects, 'Pooler')
    .filter(({ spec }) => spec.cluster.name === cluster)
    .map(({ spec }) => spec.instances * Number(spec.pgbouncer.parameters?.['default_pool_size'] ?? 20));
  const all = direct.reduce((sum, count) => sum + count, Math.max(0, ...pooled)) + OTHER_CONNECTIONS;
  return when(!(all <= limit), `Cluster ${cluster}: ${all} connections are possible, max_connections is ${limit}`);
}

export function poolerProblems(objects: readonly KubernetesObject[]): string[] {
  return ofKind<PoolerSpec>(objects, 'Pooler').flatMap(({ metadata: { name }, spec: { pgbouncer } }) => [
    ...when(
      ofKind(objects, 'Cluster').some(({ metadata }) => metadata.name === name),
      `Pooler ${name}: a Cluster has the same name`,
    ),
    ...when(pgbouncer.poolMode !== 'transaction', `Pooler ${name}: not in transaction mode`),
    ...when(
      !(Number(pgbouncer.parameters?.['max_prepared_statements']) > 0),
      `Pooler ${name}: prepared statements are lost between transactions`,
    ),
    ...when(
      pgbouncer.parameters?.['client_tls_sslmode'] !== 'verify-full',
      `Pooler ${name}: does not look at the certificate of its clients`,
    ),
  ]);
}

export function backupProblems(objects: readonly KubernetesObject[]): string[] {
  return [
    ...ofKind<{ schedule: string; method?: string; pluginConfiguration?: { name: string }; cluster: { name: string } }>(
      objects,
      'ScheduledBackup',
    ).flatMap(({ metadata: { name }, spec }) => [
      ...when(
        spec.schedule.trim().split(/\s+/).length !== 6,
        `ScheduledBackup ${name}: "${spec.schedule}" has no field for seconds, and would run every hour`,
      ),
      ...when(spec.method !== 'plugin', `ScheduledBackup ${name}: method is not plugin`),
      ...ofKind<ClusterSpec>(objects, 'Cluster')
        .filter((cluster) => cluster.metadata.name === spec.cluster.name)
        .flatMap((cluster) =>
          when(
            !cluster.spec.plugins?.some((plugin) => plugin.name === spec.pluginConfiguration?.name),
            `ScheduledBackup ${name}: its Cluster has no plugin ${spec.pluginConfiguration?.name}`,
          ),
        ),
    ]),
    ...sharedArchives(objects),
    ...ofKind<{ retentionPolicy?: string; configuration: { serverName?: string } }>(objects, 'ObjectStore').flatMap(
      ({ metadata: { name }, spec }) => [
        ...when(!/^[1-9]\d*[dwm]$/.test(spec.retentionPolicy ?? ''), `ObjectStore ${name}: keeps backups indefinitely`),
        ...when(
          spec.configuration.serverName !== undefined,
          `ObjectStore ${name}: serverName is a parameter of the plugin`,
        ),
      ],
    ),
  ];
}

/** Clusters that would overwrite the log of each other, and such as nobody backs up beside one that is. */
function sharedArchives(objects: readonly KubernetesObject[]): string[] {
  const scheduled = ofKind<{ cluster: { name: string } }>(objects, 'ScheduledBackup').map(
    ({ spec }) => spec.cluster.name,
  );
  const stores = ofKind<{ configuration: { destinationPath: string } }>(objects, 'ObjectStore');
  const archives = ofKind<ClusterSpec>(objects, 'Cluster').flatMap(({ metadata: { name }, spec }) =>
    (spec.plugins ?? [])
      .filter(({ isWALArchiver }) => isWALArchiver)
      .map(({ parameters }) => {
        const store = stores.find(({ metadata }) => metadata.name === parameters?.barmanObjectName);
        return { name, place: `${store?.spec.configuration.destinationPath}${parameters?.serverName ?? name}` };
      }),
  );
  return [
    ...archives
      .filter(({ place }, index) => archives.findIndex((other) => other.place === place) !== index)
      .map(({ name, place }) => `Cluster ${name}: archives to ${place}, where another Cluster does`),
    ...archives
      .filter(({ name }) => scheduled.length > 0 && !scheduled.includes(name))
      .map(({ name }) => `Cluster ${name}: no ScheduledBackup`),
  ];
}

export function roleProblems(objects: readonly KubernetesObject[]): string[] {
  const roles = ofKind<{ name: string; cluster: { name: string }; inRoles?: string[] }>(objects, 'DatabaseRole');
  const [, inSql = ''] = /ARRAY\[([^\]]*)\]/.exec(sql('k8s/postgres/roles.sql')) ?? [];
  const [, granted = ''] = /^GRANT (.*) TO chip_migrator WITH ADMIN/m.exec(sql('k8s/postgres/roles.sql')) ?? [];
  const migrators = roles.filter(({ spec }) => spec.name === 'chip_migrator');
  const clusters = ofKind<ClusterSpec>(objects, 'Cluster');
  return [
    ...clusters.flatMap(({ metadata: cluster }) =>
      inSql
        .split(/[^a-z_]+/)
        .filter((name) => name !== '')
        .filter((name) => !roles.some(({ spec }) => spec.name === name && spec.cluster.name === cluster.name))
        .map((name) => `DatabaseRole: none for ${name} of ${cluster.name}`),
    ),
    ...migrators.flatMap(({ metadata, spec }) =>
      granted
        .split(', ')
        .filter((name) => !spec.inRoles?.includes(name))
        .map((name) => `DatabaseRole ${metadata.name}: the operator would revoke ${name}`),
    ),
    ...roles.flatMap(({ spec: { name, cluster } }) =>
      when(
        !clusters.some(
          ({ metadata, spec }) =>
            metadata.name === cluster.name &&
            spec.postgresql.pg_hba?.some(
              (line) =>
                /^hostssl (all|chip_quality) .* cert\b/.test(line) && line.split(' ')[2]?.split(',').includes(name),
            ),
        ),
        `Cluster: no line of pg_hba lets ${name} in by its certificate`,
      ),
    ),
    ...ofKind<{ name: string; owner: string; extensions?: { name: string; version?: string }[] }>(
      objects,
      'Database',
    ).flatMap(({ metadata, spec }) => [
      ...when(
        spec.extensions?.some((extension) => extension.name === 'timescaledb' && extension.version !== undefined) ??
          false,
        `Database ${metadata.name}: timescaledb cannot be updated by the operator, whose session has loaded it`,
      ),
      ...clusters.flatMap(({ spec: { bootstrap } }) =>
        when(
          bootstrap?.initdb !== undefined &&
            (bootstrap.initdb.owner !== spec.owner || bootstrap.initdb.database !== spec.name),
          `Database ${metadata.name}: another name or owner than at the first start`,
        ),
      ),
    ]),
  ];
}

/** Which role a program uses; a service that is not named reads as chip_reader. */
const ROLE_OF: Readonly<Record<string, string>> = {
  'ingest DATABASE_URL': 'chip_ingest',
  'writer DATABASE_URL': 'chip_writer',
  'query DATABASE_URL': 'chip_api',
  'operator DATABASE_URL': 'chip_migrator',
};

export function databaseUrlProblems(objects: readonly KubernetesObject[]): string[] {
  const clusters = ofKind(objects, 'Cluster').map(({ metadata }) => metadata.name);
  const poolers = ofKind<PoolerSpec>(objects, 'Pooler').map(({ metadata }) => metadata.name);
  return databaseUses(objects).flatMap(({ pod, variable, url }) => {
    const where = `${pod.kind} ${pod.name}: ${variable}`;
    const isPooled = poolers.includes(url.hostname);
    const isOurs = clusters.some((name) => ['rw', 'ro', 'r'].some((type) => url.hostname === `${name}-${type}`));
    const app = appOf(pod.spec);
    return [
      ...when(!isPooled && !isOurs, `${where} leads to ${url.hostname}, which is neither a Cluster nor a Pooler`),
      ...when(url.port !== '5432', `${where} leads to port ${url.port}`),
      ...when(url.searchParams.get('sslmode') !== 'verify-full', `${where} does not verify the server`),
      ...when(url.username !== (ROLE_OF[`${app} ${variable}`] ?? 'chip_reader'), `${where} is ${url.username}`),
      ...when(isPooled && NEEDS_SESSIONS.includes(app), `${where} leads through PgBouncer`),
      ...when(NEEDS_SESSIONS.includes(app) && !url.hostname.endsWith('-rw'), `${where} does not lead to the primary`),
    ];
  });
}

export function publicationProblems(objects: readonly KubernetesObject[]): string[] {
  const text = sql('docs/sql/publication.sql');
  const expected = new Map(
    [...text.matchAll(/^ {2}(lots|inspections) \(([^)]*)\)/gm)].map(([, table = '', columns = '']) => [
      table,
      columns.split(/,\s*/).join(),
    ]),
  );
  return ofKind<{ target: { objects?: { table: { name: string; columns?: string[] } }[] } }>(
    objects,
    'Publication',
  ).flatMap(({ metadata, spec }) => {
    const actual = new Map(spec.target.objects?.map(({ table }) => [table.name, (table.columns ?? []).join()]));
    return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((table) =>
      when(
        expected.get(table) !== actual.get(table),
        `Publication ${metadata.name}: ${table} is not as in docs/sql/publication.sql`,
      ),
    );
  });
}
