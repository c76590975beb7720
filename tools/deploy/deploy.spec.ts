import { beforeAll, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { NODE_FLAGS } from '../devstack/processes/services.ts';
import { problemsOf } from './checks.ts';
import { execForm, lastOf, parseDockerfile } from './dockerfile.ts';
import { readDeployment, type Deployment } from './manifests.ts';
import { loadServiceSchemas, type ServiceSchemas } from './service-schemas.ts';
import { alertRules } from './tables/alert-rules.ts';
import { replayUserYaml, topicsYaml, usersYaml } from './tables/kafka-objects.ts';
import { withRights } from './tables/rights-table.ts';
import { ingestScaling, writerScaling } from './tables/scaled-objects.ts';
import { insertTable, variablesTable } from './tables/variables-table.ts';

const deployment = readDeployment(REPOSITORY_ROOT);
let schemas: ServiceSchemas;
beforeAll(async () => {
  schemas = await loadServiceSchemas();
}, 300_000);

const object = ({ kubernetes }: Deployment, kind: string, name: string) =>
  kubernetes.find((candidate) => candidate.kind === kind && candidate.metadata.name === name)!;
const container = (copy: Deployment, name: string, kind = 'Deployment') =>
  object(copy, kind, name).spec!.template!.spec.containers[0]!;
const service = ({ compose }: Deployment, name: string) => compose.services[name]!;
const variable = (copy: Deployment, name: string, of: string) =>
  container(copy, of).env!.find((candidate) => candidate.name === name)!;

it('the deployment is in order', () => {
  expect(problemsOf(deployment, schemas)).toEqual([]);
});

it('the image starts Node as the local stack does', () => {
  expect(execForm(lastOf(parseDockerfile(deployment.dockerfile).at(-1)!, 'ENTRYPOINT'))).toEqual([
    'node',
    ...NODE_FLAGS,
  ]);
});

/** One fault each, and what has to be said about it. */
const faults: [string, (copy: Deployment) => unknown, RegExp][] = [
  [
    'a missing variable',
    (copy) => delete service(copy, 'writer').environment!['DATABASE_URL'],
    /compose: writer: .*DATABASE_URL is required/,
  ],
  [
    'a misspelt variable',
    (copy) => (service(copy, 'ingest').environment!['LOG_LEVL'] = 'info'),
    /ingest: LOG_LEVL is not a variable/,
  ],
  ['a refused value', (copy) => (service(copy, 'ingest').environment!['PORT'] = 'http'), /compose: ingest: .*PORT/],
  [
    'an open API without access control',
    (copy) => (variable(copy, 'AUTH_MODE', 'query').value = 'none'),
    /k8s: query: .*AUTH_MODE/,
  ],
  [
    'the same in Compose',
    (copy) => (service(copy, 'query').environment!['AUTH_MODE'] = 'none'),
    /compose: query: .*AUTH_MODE/,
  ],
  [
    'a service without its database',
    (copy) => container(copy, 'writer').env!.pop(),
    /k8s: writer: .*DATABASE_URL is required/,
  ],
  [
    'a ConfigMap that is not there',
    (copy) => (object(copy, 'ConfigMap', 'kafka').metadata.name = 'other'),
    /k8s: ingest: .*KAFKA_BROKERS is required/,
  ],
  [
    'a misspelt key of a ConfigMap',
    (copy) => (object(copy, 'ConfigMap', 'kafka').data!['KAFKA_SLS'] = 'on'),
    /KAFKA_SLS is not a variable/,
  ],
  [
    'a job without its server',
    (copy) => delete service(copy, 'topics').environment!['KAFKA_BROKERS'],
    /topics: KAFKA_BROKERS is not set/,
  ],
  [
    'a program that is not built',
    (copy) => (service(copy, 'migrate').command = ['dist/migrate.js']),
    /contains no dist\/migrate.js/,
  ],
  [
    'a job of another program',
    (copy) => (container(copy, 'migrate-0-1-0', 'Job').args = ['dist/database.js']),
    /contains no dist\/database.js/,
  ],
  [
    'an image without a version',
    (copy) => (service(copy, 'kafka').image = 'apache/kafka:latest'),
    /kafka:latest is not pinned/,
  ],
  [
    'an image without a tag',
    (copy) => (container(copy, 'query').image = 'chip-quality-query'),
    /chip-quality-query is not pinned/,
  ],
  ['an image of another version', (copy) => (copy.packageJson.version = '9.9.9'), /is not this version/],
  ['another Node', (copy) => (copy.packageJson.devDependencies['node'] = '24.0.0'), /not the Node/],
  [
    'a probe of another path',
    (copy) => (container(copy, 'ingest').livenessProbe!.httpGet!.path = '/healthz'),
    /livenessProbe asks \/healthz/,
  ],
  [
    'a liveness probe that asks for readiness',
    (copy) => (container(copy, 'ingest').livenessProbe!.httpGet!.path = '/health/ready'),
    /wrong question/,
  ],
  [
    'a probe of another port',
    (copy) => (container(copy, 'ingest').readinessProbe!.httpGet!.port = 8080),
    /asks port 8080/,
  ],
  ['a service on another port', (copy) => (variable(copy, 'PORT', 'writer').value = '3001'), /listens on 3001/],
  [
    'a probe from outside of a service on loopback',
    (copy) => (variable(copy, 'HOST', 'ingest').value = '127.0.0.1'),
    /comes from outside/,
  ],
  [
    'a probe of a port that is not open',
    (copy) => (variable(copy, 'MANAGEMENT_PORT', 'query').value = '9001'),
    /query: livenessProbe asks port management/,
  ],
  ['a hasty probe', (copy) => delete container(copy, 'writer').livenessProbe!.timeoutSeconds, /times out too early/],
  ['no probe', (copy) => delete container(copy, 'writer').startupProbe, /startupProbe asks/],
  [
    'a short end in Kubernetes',
    (copy) => delete object(copy, 'Deployment', 'writer').spec!.template!.spec.terminationGracePeriodSeconds,
    /k8s: writer is killed/,
  ],
  [
    'a short end in Compose',
    (copy) => (service(copy, 'ingest').stop_grace_period = '10s'),
    /compose: ingest is killed/,
  ],
  [
    'a roll-out above the number',
    (copy) => (object(copy, 'Deployment', 'ingest').spec!.strategy!.rollingUpdate!.maxSurge = 1),
    /roll-out of ingest/,
  ],
  [
    'a shell as process 1',
    (copy) => (copy.dockerfile = copy.dockerfile.replace(/ENTRYPOINT .*/, 'ENTRYPOINT node')),
    /shell would get the signals/,
  ],
  [
    'root',
    (copy) => (copy.dockerfile = copy.dockerfile.replace('USER 1000:1000', 'USER node')),
    /USER is not a number/,
  ],
  [
    'a context with secrets',
    (copy) => (copy.dockerignore = copy.dockerignore.replace('\n*\n', '\n')),
    /\.env would get into an image/,
  ],
  [
    'a password in Compose',
    (copy) => (service(copy, 'ingest').environment!['DATABASE_URL'] = 'postgresql://a:b@c/d'),
    /compose: ingest has the password of DATABASE_URL.*\n.*ingest reads no password file for DATABASE_URL/,
  ],
  [
    'a sign-in that Compose cannot set up',
    (copy) => delete service(copy, 'query').environment!['PUBLIC_URL'],
    /compose: query cannot be given PUBLIC_URL/,
  ],
  [
    'a secret that cannot be renewed',
    (copy) => delete service(copy, 'query').environment!['SESSION_SECRET_FILE'],
    /compose: query reads no file for SESSION_SECRET/,
  ],
  [
    'secrets of another service',
    (copy) => (service(copy, 'query').volumes = ['migrator-secrets:/secrets:ro']),
    /compose: query sees the secrets of others/,
  ],
  [
    'secrets that a service may change',
    (copy) => (service(copy, 'query').volumes = ['query-secrets:/secrets']),
    /compose: query sees the secrets/,
  ],
  [
    'the network of the host',
    (copy) => (service(copy, 'query').network_mode = 'host'),
    /compose: query leaves the network/,
  ],
  [
    'a server before its passwords',
    (copy) => delete service(copy, 'timescaledb').depends_on,
    /timescaledb does not wait for passwords/,
  ],
  ['a port for everybody', (copy) => (service(copy, 'kafka').ports = ['9092:9092']), /publishes 9092:9092/],
  [
    'a writable root',
    (copy) => (container(copy, 'query').securityContext!.readOnlyRootFilesystem = false),
    /query has more rights/,
  ],
  [
    'a pod as root',
    (copy) => delete object(copy, 'Job', 'migrate-0-1-0').spec!.template!.spec.securityContext,
    /migrate-0-1-0 may run as root/,
  ],
  [
    'a password in a manifest',
    (copy) => (variable(copy, 'DATABASE_URL', 'writer').value = 'postgresql://a:b@c/d'),
    /writer has the value of DATABASE_URL/,
  ],
  [
    'a Secret in a manifest',
    (copy) => copy.kubernetes.push({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }),
    /Secret x in a manifest/,
  ],
  [
    'no memory limit in Compose',
    (copy) => delete service(copy, 'simulator').mem_limit,
    /simulator has no memory limit/,
  ],
  [
    'a question that may fill the disk',
    (copy) =>
      (service(copy, 'timescaledb').command = service(copy, 'timescaledb').command!.filter(
        (option) => !option.startsWith('--temp_file_limit'),
      )),
    /compose: one question may fill the disk/,
  ],
  [
    'no memory limit in Kubernetes',
    (copy) => delete container(copy, 'ingest').resources!.limits,
    /ingest has no resources/,
  ],
  [
    'a service before the schema',
    (copy) => (service(copy, 'query').depends_on = {}),
    /query does not wait for migrate/,
  ],
  [
    'topics before the schema that holds their trail',
    (copy) => delete service(copy, 'topics').depends_on!['migrate'],
    /topics does not wait for migrate/,
  ],
  [
    'a job that nobody waits for the end of',
    (copy) => (service(copy, 'ingest').depends_on!['topics']!.condition = 'service_started'),
    /ingest does not wait for topics/,
  ],
  [
    'one listener',
    (copy) => (service(copy, 'kafka').environment!['KAFKA_ADVERTISED_LISTENERS'] = 'CONTAINER://kafka:19092'),
    /no listener for this machine/,
  ],
  [
    'a listener that leads elsewhere',
    (copy) => (service(copy, 'kafka').ports = ['127.0.0.1:9093:9092']),
    /not the published one/,
  ],
  [
    'a service at the wrong listener',
    (copy) => (service(copy, 'ingest').environment!['KAFKA_BROKERS'] = 'kafka:9092'),
    /ingest asks kafka:9092/,
  ],
  [
    'a broker with small messages',
    (copy) => (service(copy, 'kafka').environment!['KAFKA_MESSAGE_MAX_BYTES'] = 1048588),
    /may be larger than the broker accepts/,
  ],
  [
    'a service that nobody watches',
    (copy) =>
      (copy.prometheus.scrape_configs = copy.prometheus.scrape_configs.filter(({ job_name: job }) => job !== 'query')),
    /prometheus: does not scrape query/,
  ],
  [
    'metrics behind keys',
    (copy) => (copy.prometheus.scrape_configs[2]!.dns_sd_configs[0]!.port = 3000),
    /prometheus: query has no metrics on port 3000/,
  ],
  [
    'labels that are lost',
    (copy) => delete copy.prometheus.scrape_configs[0]!.honor_labels,
    /prometheus: ingest loses the labels/,
  ],
  ['rules that are not mounted', (copy) => service(copy, 'prometheus').configs!.pop(), /alerts.yaml is not mounted/],
  [
    'an Alertmanager elsewhere',
    (copy) => (service(copy, 'alertmanager').ports = []),
    /nothing listens at alertmanager:9093/,
  ],
  [
    'a data source elsewhere',
    (copy) => (copy.datasources = ['http://prometheus:9091']),
    /nothing listens at http:\/\/prom/,
  ],
  ['a config that is not there', (copy) => delete copy.compose.configs['alerts'], /prometheus mounts config alerts/],
  [
    'a file that is not there',
    (copy) => (copy.compose.configs['alerts'] = { file: './alerts.yml' }),
    /alerts.yml, which does/,
  ],
  [
    'a volume that is not there',
    (copy) => delete copy.compose.volumes['grafana-data'],
    /grafana mounts grafana-data, which is not there/,
  ],
  [
    'a forgotten file',
    (copy) => copy.kustomizations['base']!.files.push('dashboard.yaml'),
    /k8s\/base\/kustomization.yaml does not name dashboard.yaml/,
  ],
  [
    'a dashboard that no one sees',
    (copy) => copy.kustomizations['../monitoring']!.named.pop(),
    /monitoring\/kustomization.yaml does not name dashboards\/quality.json/,
  ],
  [
    'a file that is gone',
    (copy) => copy.kustomizations['postgres']!.files.splice(0, 1),
    /k8s\/postgres\/kustomization.yaml names cluster.yaml, which does not exist/,
  ],
  [
    'a command without its database',
    (copy) => container(copy, 'operator').env!.pop(),
    /k8s: operator: DATABASE_URL is not set/,
  ],
  [
    'a package that is not locked',
    (copy) => (copy.packageJson.dependencies['left-pad'] = '1.3.0'),
    /does not lock left-pad/,
  ],
];

it.each(faults)('%s is noticed', (_name, spoil, message) => {
  const copy = structuredClone(deployment);
  spoil(copy);
  expect(problemsOf(copy, schemas).join('\n')).toMatch(message);
});

/** With UPDATE_DOCS=1 they are written instead of compared. */
it.each<[string, (text: string) => string]>([
  ['docs/deployment.md', (text) => withRights(insertTable(text, variablesTable(schemas.variables)))],
  ['k8s/kafka/topics.yaml', topicsYaml],
  ['k8s/kafka/users.yaml', usersYaml],
  ['k8s/replay/user.yaml', replayUserYaml],
  ['k8s/scaling/ingest.yaml', ingestScaling],
  ['k8s/scaling/writer.yaml', writerScaling],
  ['k8s/monitoring/rules.yaml', alertRules],
])('%s says what the code and the rules say', (name, expected) => {
  const file = path.join(REPOSITORY_ROOT, name);
  const text = readFileSync(file, 'utf8');
  if (process.env['UPDATE_DOCS'] === '1') {
    writeFileSync(file, expected(text));
  } else {
    expect(text).toBe(expected(text));
  }
});
