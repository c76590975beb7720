/** docs/metrics.md: every metric of every service, generated from the registries that serve `/metrics`. */
import path from 'node:path';
import { type MetricObject, Registry } from 'prom-client';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { SERVICE_NAMES } from '../devstack/processes/services.ts';

/** prom-client provides more about a metric than its types say. */
type Metric = MetricObject & { readonly labelNames?: readonly string[] };

/** Answers any call with itself: registering a metric needs a server or a pool, but calls nothing on it. */
const anything: unknown = new Proxy(() => anything, { get: (_, key) => (key === 'then' ? undefined : anything) });

type Register = (module: Readonly<Record<string, unknown>>, registry: Registry) => unknown;

/** Each export of a service's metrics file is a class built on the registry, or measures a part of the process. */
const registerAll: Register = (module, registry) =>
  Object.entries(module).forEach(([name, exported]) =>
    name.startsWith('measure')
      ? (exported as (subject: unknown, registry: Registry) => void)(anything, registry)
      : new (exported as new (registry: Registry) => unknown)(registry),
  );

/** Where metrics are registered. Loaded by path: no tool depends on the code of an application. */
const SOURCES: readonly [service: string, file: string, register: Register][] = [
  ...SERVICE_NAMES.map((name): [string, string, Register] => [
    name,
    `apps/${name}/src/${name}.metrics.ts`,
    registerAll,
  ]),
  [
    'writer',
    'libs/persistence/src/upkeep/maintenance.metrics.ts',
    (module, registry) => (module as { createMetrics: (registry: Registry) => unknown }).createMetrics(registry),
  ],
  ['writer', 'libs/persistence/src/upkeep/measures.ts', registerAll],
  [
    'all',
    'libs/service/src/process/service.metrics.ts',
    (module) =>
      (module as { createMetricsRegistry(labels: object): Registry }).createMetricsRegistry({
        service: '',
        instance: '',
      }),
  ],
];

const row = ({ name, type, labelNames = [], help }: Metric): string =>
  `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help.replace(/\.?$/, '.')} |`;

const table = (metrics: readonly Metric[]): string =>
  `| metric | type | labels | meaning |\n|---|---|---|---|\n${metrics.map(row).join('\n')}\n`;

export async function metricsPage(): Promise<string> {
  await import('reflect-metadata');
  const registries = new Map<string, Registry>();
  // One after the other: jest cannot link modules that two concurrent imports share.
  for (const [service, file, register] of SOURCES) {
    const registry = registries.get(service) ?? new Registry();
    const module = (await import(path.join(REPOSITORY_ROOT, file))) as Readonly<Record<string, unknown>>;
    const made = register(module, registry);
    registries.set(service, made instanceof Registry ? made : registry);
  }
  // What measures the process itself is there once it has been read.
  await registries.get('all')!.metrics();
  const of = (service: string) => registries.get(service)!.getMetricsAsArray() as Metric[];
  const sections = [...registries.keys()]
    .filter((service) => service !== 'all')
    .map((service) => `## ${service}\n\n${table(of(service))}`);
  return `# Metrics

Every service answers \`GET /metrics\` in the Prometheus text format. All metrics carry the labels \`service\` and
\`instance\`. Names and labels are part of the published contract. \`npm run docs\` generates this page from the registries
of the services.

Where to look first: [runbooks by symptom](runbooks/README.md). The state of every partition, lag in events and in
seconds, and the two balances of the ledger are in \`GET /v1/pipeline\` and \`GET /v1/ledger\`.

${sections.join('\n')}
## Every service

Of the Node.js process, by \`prom-client\`, from the first reading on.

${table(of('all'))}`;
}
