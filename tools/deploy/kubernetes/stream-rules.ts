/** Which streams each service handles, and in which database: two may share one, or have one each. */
import { STREAMS, streamsSchema } from '@chip/contracts';
import { ofKind, when, type KubernetesObject } from './objects.ts';
import { appOf, clusterOf, databaseUses, environmentOf, type DatabaseUse } from './pods.ts';

/** The variable with the streams of a service. */
const VARIABLES: Readonly<Record<string, string>> = { ingest: 'INGEST_STREAMS', writer: 'WRITER_STREAMS' };

/** Streams that a Deployment of ingest or writer handles; none of any other, and none where the variable is wrong. */
export function streamsOf(
  objects: readonly KubernetesObject[],
  deployment: string,
): readonly (typeof STREAMS)[number][] {
  const found = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === deployment);
  const container = found?.spec?.template?.spec.containers[0];
  const variable = container && VARIABLES[appOf(found.spec?.template?.spec)];
  const streams = variable && streamsSchema.safeParse(environmentOf(container, objects)[variable]);
  return streams && streams.success ? streams.data : [];
}

export function streamProblems(objects: readonly KubernetesObject[]): string[] {
  const uses = databaseUses(objects);
  const clusters = ofKind(objects, 'Cluster').map(({ metadata }) => metadata.name);
  const of = (app: string): DatabaseUse[] =>
    uses.filter(({ pod, variable }) => appOf(pod.spec) === app && variable === 'DATABASE_URL');
  if (of('writer').length === 0 || clusters.length === 0) {
    return [];
  }
  const handling = (app: string, name: string): DatabaseUse[] =>
    of(app).filter(({ pod }) => streamsOf(objects, pod.name).some((stream) => stream.name === name));
  const databaseOf = (name: string): string | undefined =>
    handling('writer', name)
      .map(({ url }) => clusterOf(objects, url.hostname))
      .at(0);
  const elsewhere = (use: DatabaseUse, name: string): string[] =>
    when(
      clusterOf(objects, use.url.hostname) !== databaseOf(name),
      `${use.pod.kind} ${use.pod.name}: ${use.variable} leads to ${use.url.hostname}, but ${name} is loaded into ${databaseOf(name)}`,
    );
  return [
    ...STREAMS.flatMap(({ name }) => [
      ...['ingest', 'writer'].flatMap((app) => {
        const deployments = handling(app, name).map(({ pod }) => pod.name);
        return when(
          deployments.length !== 1,
          `Deployment: ${name} is for ${deployments.join(' and ') || 'none'} of ${app}`,
        );
      }),
      ...handling('ingest', name).flatMap((use) => elsewhere(use, name)),
    ]),
    ...uses
      .filter(({ pod }) => appOf(pod.spec) === 'query')
      .flatMap((use) => elsewhere(use, use.variable === 'TELEMETRY_DATABASE_URL' ? 'telemetry' : 'inspection')),
    ...of('query').flatMap(({ pod }) =>
      when(
        databaseOf('telemetry') !== databaseOf('inspection') &&
          !uses.some((use) => use.pod.name === pod.name && use.variable === 'TELEMETRY_DATABASE_URL'),
        `Deployment ${pod.name}: would look for telemetry where it is not (TELEMETRY_DATABASE_URL)`,
      ),
    ),
    ...clusters.flatMap((cluster) =>
      when(
        !uses.some(({ pod, url }) => pod.kind === 'Job' && clusterOf(objects, url.hostname) === cluster),
        `Cluster ${cluster}: no Job brings its schema to this version`,
      ),
    ),
  ];
}

/** Each Cluster has an authority and certificates of its own: those of another one are refused at the first connection. */
export function certificateProblems(objects: readonly KubernetesObject[]): string[] {
  const roles = ofKind<{ name: string; cluster: { name: string } }>(objects, 'DatabaseRole');
  return databaseUses(objects).flatMap(({ pod, variable, url }) => {
    const cluster = clusterOf(objects, url.hostname);
    const secret = (parameter: string): string | undefined => secretAt(pod.spec, url.searchParams.get(parameter) ?? '');
    const authority = secret('sslrootcert');
    const certificate = secret('sslcert');
    const role = roles.find(({ metadata }) => `${metadata.name}-client-cert` === certificate);
    return cluster === undefined
      ? []
      : [
          ...when(
            authority !== undefined && authority !== `${cluster}-ca`,
            `${pod.kind} ${pod.name}: ${variable} leads to ${cluster}, and trusts ${authority}`,
          ),
          ...when(
            role !== undefined && (role.spec.cluster.name !== cluster || role.spec.name !== url.username),
            `${pod.kind} ${pod.name}: ${variable} is ${url.username} of ${cluster}, and shows ${certificate}`,
          ),
        ];
  });
}

/** The Secret that a file of a pod is from. */
function secretAt(spec: DatabaseUse['pod']['spec'], file: string): string | undefined {
  const mounts = (spec?.containers ?? []).flatMap(({ volumeMounts = [] }) => volumeMounts);
  return mounts
    .filter(({ mountPath }) => file.startsWith(`${mountPath}/`))
    .flatMap(({ name, mountPath }) =>
      (spec?.volumes?.find((volume) => volume.name === name)?.projected?.sources ?? []).filter(({ secret }) =>
        secret?.items?.some((item) => `${mountPath}/${item.path}` === file),
      ),
    )
    .at(0)?.secret?.name;
}
