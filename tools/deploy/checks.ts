/**
 * What must hold for a deployment beyond the syntax of its files. Each check returns its problems in words, so that the
 * spec can show that it notices a broken copy.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import type { Check } from './check.ts';
import { contextFilter, execForm, lastOf, parseDockerfile } from './dockerfile.ts';
import { kafka } from './kafka-check.ts';
import { secrets } from './secrets-check.ts';
import { watchers } from './watcher-check.ts';
import { when, workloads, type Container, type Probe } from './kubernetes/objects.ts';
import { workloadsOf, type Deployment } from './manifests.ts';
import type { ServiceSchemas } from './service-schemas.ts';

/** From SIGTERM to the exit of a service. */
const DRAIN_SECONDS = 25;
/** A health route answers within this time, whatever the parts of the process do. */
const HEALTH_ANSWER_SECONDS = 3;

/** Variables of programs without their own schema. */
const OTHER_PROGRAMS: Readonly<Record<string, RegExp>> = {
  operator: /^(KAFKA_[A-Z_]+|(TOPIC|GROUP)_PREFIX|DATABASE_URL)(_FILE)?$/,
  machines: /^(KAFKA_[A-Z_]+|(TOPIC|GROUP)_PREFIX|LOG_LEVEL|SIMULATOR_[A-Z_]+)$/,
};
/** Required variable by the job's entry. */
const JOB_NEEDS: Readonly<Record<string, string>> = {
  'dist/db.js': 'DATABASE_URL',
  'dist/topics.js': 'KAFKA_BROKERS',
  'dist/main.js': 'KAFKA_BROKERS',
};

/** What a service makes of `NAME_FILE`, as far as it is known before the file is there: it stands for itself, as long as a secret. */
const withFiles = (environment: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) =>
      name.endsWith('_FILE') ? [name.replace(/_FILE$/, ''), `file://${value}`.padEnd(64, '.')] : [name, value],
    ),
  );

const configuration: Check = (deployment, { variables, refusal }) => {
  const kafkaVariables = (variables['ingest'] ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith('KAFKA_'));
  return workloadsOf(deployment).flatMap(({ where, app, args, environment }) => {
    const own = variables[app];
    if (own) {
      const known = new Set(own.map(({ name }) => name));
      const reason = refusal(app, withFiles(environment));
      return [
        ...when(reason !== '', `${where}: ${reason}`),
        ...Object.keys(environment)
          .filter((name) => !known.has(name.replace(/_FILE$/, '')))
          .map((name) => `${where}: ${name} is not a variable of ${app}`),
      ];
    }
    // A shell for commands needs what any of them does.
    const needed = args ? [JOB_NEEDS[args[0] ?? 'dist/main.js'] ?? '(nothing known)'] : Object.values(JOB_NEEDS);
    return [
      ...needed.filter((name) => !(name in withFiles(environment))).map((name) => `${where}: ${name} is not set`),
      ...Object.keys(environment)
        .filter(
          (name) =>
            !OTHER_PROGRAMS[app]?.test(name) ||
            (name.startsWith('KAFKA_') && !kafkaVariables.includes(name.replace(/_FILE$/, ''))),
        )
        .map((name) => `${where}: ${name} is not a variable of ${app}`),
    ];
  });
};

const programs: Check = (deployment) =>
  workloadsOf(deployment).flatMap(({ where, app, args }) => {
    const entry = args?.[0] ?? 'dist/main.js';
    const source = path.join(REPOSITORY_ROOT, 'apps', app, entry.replace(/^dist/, 'src').replace(/\.js$/, '.ts'));
    return when(args !== undefined && !existsSync(source), `${where}: the image of ${app} contains no ${entry}`);
  });

const images: Check = ({ compose, kubernetes, dockerfile, packageJson }) => {
  const all = [
    ...Object.values(compose.services).map(({ image }) => image),
    ...containersOf(kubernetes).map(({ container }) => container.image),
    ...parseDockerfile(dockerfile)
      .map(({ from }) => from)
      .filter((from) => from.includes(':') || !parseDockerfile(dockerfile).some(({ name }) => name === from)),
  ];
  return [
    ...all.flatMap((image) =>
      when(!/^[a-z0-9./-]+:v?\d+\.\d+\.\d+[\w.-]*$/.test(image), `image ${image} is not pinned to a version`),
    ),
    ...all
      .filter((image) => image.startsWith('chip-quality-') && !image.endsWith(`:${packageJson.version}`))
      .map((image) => `image ${image} is not this version (${packageJson.version})`),
    ...all
      .filter((image) => image.startsWith('node:') && !image.startsWith(`node:${packageJson.devDependencies['node']}-`))
      .map((image) => `image ${image} is not the Node that the tests run on`),
  ];
};

function containersOf(objects: Deployment['kubernetes']): { name: string; container: Container }[] {
  return workloads(objects).flatMap(({ metadata, spec }) =>
    (spec?.template?.spec.containers ?? []).map((container) => ({ name: metadata.name, container })),
  );
}

/** Deployments that serve; one without pods is a shell for people. */
const services = ({ kubernetes }: Pick<Deployment, 'kubernetes'>): Deployment['kubernetes'] =>
  kubernetes.filter(({ kind, spec }) => kind === 'Deployment' && spec?.replicas !== 0);

const probes: Check = (deployment, { healthPaths }) => {
  const workloads = workloadsOf(deployment);
  return services(deployment).flatMap(({ metadata, spec }) => {
    const where = `k8s: ${metadata.name}`;
    const container = spec?.template?.spec.containers[0];
    if (!container) {
      return [`${where}: no container`];
    }
    const environment = workloads.find((workload) => workload.where === where)?.environment ?? {};
    const isLoopback = environment['HOST']?.startsWith('127.') ?? true;
    const listened = [environment['PORT'], environment['MANAGEMENT_PORT']];
    const ports = new Map(container.ports?.map(({ name, containerPort }) => [name, containerPort]));
    const judge = (kind: string, probe: Probe | undefined): string[] => {
      const question =
        probe?.httpGet?.path ??
        (probe?.exec?.command[1] === '/app/healthcheck.mjs' && `/health/${probe.exec.command[2]}`);
      const port = probe?.httpGet?.port;
      return [
        ...when(!healthPaths.includes(question || ''), `${where}: ${kind} asks ${question}, which no service answers`),
        ...when(
          question !== `/health/${kind === 'readinessProbe' ? 'ready' : 'live'}`,
          `${where}: ${kind} asks the wrong question`,
        ),
        ...when(port !== undefined && isLoopback, `${where}: ${kind} comes from outside, but HOST is loopback`),
        ...when(
          port !== undefined && !listened.includes(String(ports.get(String(port)) ?? port)),
          `${where}: ${kind} asks port ${port}, the service listens on ${environment['PORT']}`,
        ),
        ...when((probe?.timeoutSeconds ?? 1) <= HEALTH_ANSWER_SECONDS, `${where}: ${kind} times out too early`),
      ];
    };
    return [
      ...judge('startupProbe', container.startupProbe),
      ...judge('livenessProbe', container.livenessProbe),
      ...judge('readinessProbe', container.readinessProbe),
      ...deployment.kubernetes
        .filter((object) => object.kind === 'Service' && object.metadata.name === metadata.name)
        .flatMap((service) => service.spec?.ports ?? [])
        .flatMap(({ targetPort }) =>
          when(
            String(ports.get(String(targetPort)) ?? targetPort) !== environment['PORT'],
            `${where}: its Service leads to port ${targetPort}, the service listens on ${environment['PORT']}`,
          ),
        ),
      ...when(
        !deployment.kubernetes.some((object) => object.kind === 'Service' && object.metadata.name === metadata.name),
        `${where}: no Service`,
      ),
    ];
  });
};

const drain: Check = ({ compose, kubernetes, dockerfile }) => {
  const image = parseDockerfile(dockerfile).at(-1);
  return [
    ...Object.entries(compose.services)
      .filter(
        ([, { restart, build }]: [string, { restart?: string; build?: { args?: unknown } }]) => restart && build?.args,
      )
      .flatMap(([name, { stop_grace_period: period }]) =>
        when(!(parseFloat(period ?? '10s') > DRAIN_SECONDS), `compose: ${name} is killed before it has drained`),
      ),
    ...services({ kubernetes }).flatMap(({ metadata, spec }) =>
      when(
        !((spec?.template?.spec.terminationGracePeriodSeconds ?? 30) > DRAIN_SECONDS + 5),
        `k8s: ${metadata.name} is killed before it has drained`,
      ),
    ),
    ...services({ kubernetes })
      .filter(({ metadata: { name } }) => ['ingest', 'writer'].includes(name))
      .flatMap(({ metadata: { name }, spec }) =>
        when(
          spec?.strategy?.rollingUpdate?.maxSurge !== 0,
          `k8s: a roll-out of ${name} adds members to its consumer groups`,
        ),
      ),
    ...when(
      !image || !execForm(lastOf(image, 'ENTRYPOINT')) || !execForm(lastOf(image, 'CMD')),
      'Dockerfile: a shell would get the signals',
    ),
    ...when(!image || lastOf(image, 'STOPSIGNAL') !== 'SIGTERM', 'Dockerfile: another signal than SIGTERM'),
  ];
};

const leastPrivilege: Check = ({ compose, kubernetes, dockerfile, dockerignore }) => {
  const isInContext = contextFilter(dockerignore);
  const image = parseDockerfile(dockerfile).at(-1);
  return [
    ...when(
      !/^[1-9]\d*:[1-9]\d*$/.test((image && lastOf(image, 'USER')) ?? ''),
      'Dockerfile: USER is not a number, or is root',
    ),
    ...[
      '.git/config',
      '.env',
      '.local/stack.env',
      'node_modules/zod/index.js',
      'apps/query/dist/main.js',
      'libs/x/.env',
    ]
      .filter((file) => isInContext(file))
      .map((file) => `.dockerignore: ${file} would get into an image`),
    ...Object.entries(compose.services).flatMap(([name, service]) => [
      ...(service.ports ?? [])
        .filter((port) => !port.startsWith('127.0.0.1:'))
        .map((port) => `compose: ${name} publishes ${port} to other machines`),
      ...when(service.build !== undefined && service.read_only !== true, `compose: ${name} can change its own files`),
      ...when(service.network_mode !== undefined, `compose: ${name} leaves the network of this project`),
      ...Object.entries(service.environment ?? {}).flatMap(([variable, value]) =>
        when(
          /(PASSWORD|SECRET|TOKEN)$/.test(variable) && Boolean(value),
          `compose: ${name} has the value of ${variable} in the file`,
        ),
      ),
    ]),
    ...kubernetes
      .filter(({ kind }) => kind === 'Secret')
      .map(({ metadata }) => `k8s: Secret ${metadata.name} in a manifest`),
    ...containersOf(kubernetes).flatMap(({ name, container }) =>
      (container.env ?? [])
        .filter(
          ({ name: variable, value = '' }) =>
            (/(PASSWORD|SECRET|TOKEN|KEY)(?!.*_FILE$)/.test(variable) && value !== '') ||
            (URL.canParse(value) && new URL(value).password !== ''),
        )
        .map((variable) => `k8s: ${name} has the value of ${variable.name} in the manifest`),
    ),
    ...kubernetes.flatMap(({ kind, metadata, data }) =>
      kind === 'ConfigMap'
        ? Object.keys(data ?? {})
            .filter((key) => /URL|PASSWORD|SECRET|TOKEN/.test(key))
            .map((key) => `k8s: ConfigMap ${metadata.name} holds ${key}`)
        : [],
    ),
    ...workloads(kubernetes).flatMap(({ metadata, spec }) => {
      const pod = spec?.template?.spec;
      if (!pod) {
        return [];
      }
      const { runAsNonRoot, seccompProfile } = pod.securityContext ?? {};
      return [
        ...when(runAsNonRoot !== true, `k8s: ${metadata.name} may run as root`),
        ...when(seccompProfile?.type !== 'RuntimeDefault', `k8s: ${metadata.name} has no seccomp profile`),
        ...when(pod.serviceAccountName !== 'chip-quality', `k8s: ${metadata.name} uses another service account`),
        ...pod.containers.flatMap(({ securityContext: context }) =>
          when(
            context?.allowPrivilegeEscalation !== false ||
              context.readOnlyRootFilesystem !== true ||
              context.capabilities?.drop?.includes('ALL') !== true,
            `k8s: the container of ${metadata.name} has more rights than it needs`,
          ),
        ),
      ];
    }),
  ];
};

const resources: Check = ({ compose, kubernetes }) => [
  ...Object.entries(compose.services).flatMap(([name, { mem_limit: limit }]) =>
    when(!limit, `compose: ${name} has no memory limit`),
  ),
  ...when(
    !compose.services['timescaledb']?.command?.some((option) => option.startsWith('--temp_file_limit=')),
    'compose: one question may fill the disk (temp_file_limit)',
  ),
  ...containersOf(kubernetes).flatMap(({ name, container: { resources: given } }) =>
    when(
      !given?.requests?.['memory'] || !given.requests['cpu'] || !given.limits?.['memory'],
      `k8s: ${name} has no resources`,
    ),
  ),
];

const order: Check = ({ compose: { services: parts } }) => {
  /** What has ended or is healthy before a service starts. */
  const before = (name: string): Set<string> =>
    new Set(
      Object.entries(parts[name]?.depends_on ?? {}).flatMap(([other, { condition }]) => {
        const isJob = !('restart' in (parts[other] ?? {}));
        const isRight = condition === (isJob ? 'service_completed_successfully' : 'service_healthy');
        return isRight ? [other, ...before(other)] : [];
      }),
    );
  const needs: Record<string, string[]> = {
    // The audit trail of topics is in the schema.
    topics: ['kafka', 'migrate'],
    timescaledb: ['passwords'],
    migrate: ['timescaledb', 'accounts'],
    ingest: ['kafka', 'topics'],
    writer: ['kafka', 'topics', 'timescaledb', 'migrate'],
    query: ['timescaledb', 'migrate'],
    simulator: ['topics'],
  };
  return Object.entries(needs).flatMap(([name, others]) =>
    others.filter((other) => !before(name).has(other)).map((other) => `compose: ${name} does not wait for ${other}`),
  );
};

const files: Check = ({ kustomizations, packageJson, lockedPackages }) => [
  ...Object.entries(kustomizations).flatMap(([folder, { files: there, named }]) => [
    ...there
      .filter((file) => !named.includes(file))
      .map((file) => `k8s/${folder}/kustomization.yaml does not name ${file}`),
    ...named
      .filter((file) => !there.includes(file))
      .map((file) => `k8s/${folder}/kustomization.yaml names ${file}, which does not exist`),
  ]),
  ...(['dependencies', 'devDependencies'] as const).flatMap((kind) =>
    [...new Set([...Object.keys(packageJson[kind]), ...Object.keys(lockedPackages[kind])])]
      .filter((name) => packageJson[kind][name] !== lockedPackages[kind][name])
      .map((name) => `package-lock.json does not lock ${name} as package.json requires`),
  ),
];

const CHECKS: readonly Check[] = [
  configuration,
  programs,
  images,
  probes,
  drain,
  leastPrivilege,
  resources,
  order,
  kafka,
  secrets,
  watchers,
  files,
];

/** All problems of a deployment; empty if there are none. */
export function problemsOf(deployment: Deployment, schemas: ServiceSchemas): string[] {
  return CHECKS.flatMap((check) => check(deployment, schemas));
}
