/** Kubernetes objects, as far as the checks look into them. */
export interface Probe {
  httpGet?: { path: string; port: string | number };
  exec?: { command: string[] };
  timeoutSeconds?: number;
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  ports?: { name: string; containerPort: number }[];
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string; optional?: boolean } }[];
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    capabilities?: { drop?: string[] };
  };
  volumeMounts?: { name: string; mountPath: string }[];
}

interface Volume {
  name: string;
  projected?: {
    sources: { secret?: { name: string; items?: { key: string; path: string }[] } }[];
  };
}

export interface PodSpec {
  restartPolicy?: string;
  serviceAccountName?: string;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; fsGroup?: number; seccompProfile?: { type: string } };
  topologySpreadConstraints?: { topologyKey: string; labelSelector: Selector }[];
  containers: Container[];
  volumes?: Volume[];
}

export interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  data?: Record<string, string>;
  spec?: {
    replicas?: number;
    strategy?: { rollingUpdate?: { maxSurge?: number } };
    selector?: Record<string, unknown>;
    ports?: { port: number; targetPort: string | number }[];
    backoffLimit?: number;
    activeDeadlineSeconds?: number;
    template?: { metadata: { labels: Record<string, string> }; spec: PodSpec };
  };
}

/** An object whose `spec` has the shape that its schema promises: the schema has been checked by then. */
export type Of<Spec> = Omit<KubernetesObject, 'spec'> & { spec: Spec };

export const ofKind = <Spec>(objects: readonly KubernetesObject[], kind: string): Of<Spec>[] =>
  objects.filter((object) => object.kind === kind) as unknown as Of<Spec>[];

/** Objects whose pods are ours: an operator's object may have a template of another shape. */
export const workloads = (objects: readonly KubernetesObject[]): KubernetesObject[] =>
  objects.filter(({ kind }) => ['Deployment', 'Job'].includes(kind));

export const when = (isWrong: boolean, problem: string): string[] => (isWrong ? [problem] : []);

export function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        case 'In':
          return value !== undefined && values.includes(value);
        default:
          return value === undefined || !values.includes(value);
      }
    })
  );
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  // PostgreSQL's own.
  kB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
};

/** Bytes of a quantity such as `64Gi`, or of a PostgreSQL setting such as `4GB`; NaN for anything else. */
export function bytes(quantity: string | undefined): number {
  const [, number = '', unit = '?'] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity ?? '') ?? [];
  return Number(number || NaN) * (UNITS[unit] ?? NaN);
}
