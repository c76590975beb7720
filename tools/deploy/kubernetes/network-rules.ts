/** Who reaches whom: the policies of an overlay, asked about the ways that must be open and those that must not. */
import { ofKind, selects, when, type KubernetesObject, type Selector } from './objects.ts';
import { clusterOf, databaseUses, environmentOf, podsOf, type Pod } from './pods.ts';

interface Peer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  /** Addresses outside the cluster. */
  ipBlock?: object;
}
interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { port: number | string; protocol?: string }[];
}
interface PolicySpec {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

/** One end of a connection; `namespace` only when it is another than that of the overlay. */
interface End {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  readonly namespace?: string;
  readonly isOutside?: boolean;
}

const from = (namespace: string): End => ({ name: namespace, labels: {}, ports: {}, namespace });
const NAME_SERVERS = from('kube-system');

/** Strimzi makes policies of its own for brokers, from the listeners. */
function policiesOf(objects: readonly KubernetesObject[]): PolicySpec[] {
  const kafka = ofKind<{ kafka: { listeners: { port: number; networkPolicyPeers?: Peer[] }[] } }>(objects, 'Kafka');
  return [
    ...ofKind<PolicySpec>(objects, 'NetworkPolicy').map(({ spec }) => spec),
    ...kafka.map(({ metadata, spec }) => ({
      podSelector: { matchLabels: { 'strimzi.io/name': `${metadata.name}-kafka` } },
      policyTypes: ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { 'strimzi.io/cluster': metadata.name } } }],
          ports: [{ port: 9090 }, { port: 9091 }],
        },
        ...spec.kafka.listeners.map(({ port, networkPolicyPeers: peers }) => ({
          ports: [{ port }],
          ...(peers === undefined ? {} : { from: peers }),
        })),
      ],
    })),
  ];
}

const isPeer = (peer: Peer, end: End): boolean =>
  (peer.ipBlock !== undefined) === (end.isOutside ?? false) &&
  (peer.namespaceSelector === undefined
    ? end.isOutside === true || end.namespace === undefined
    : selects(peer.namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace ?? '' })) &&
  selects(peer.podSelector ?? {}, end.labels);

function isOpen(
  policies: readonly PolicySpec[],
  type: 'Ingress' | 'Egress',
  self: End,
  other: End,
  port: number,
): boolean {
  if (self.namespace !== undefined) {
    return true;
  }
  const mine = policies.filter(
    ({ podSelector, policyTypes }) => policyTypes.includes(type) && selects(podSelector, self.labels),
  );
  const ports = type === 'Ingress' ? self.ports : other.ports;
  return (
    mine.length === 0 ||
    mine
      .flatMap(({ ingress = [], egress = [] }) => (type === 'Ingress' ? ingress : egress))
      .some(({ from: sources, to, ports: allowed }) => {
        const peers = type === 'Ingress' ? sources : to;
        return (
          (peers === undefined || peers.some((peer) => isPeer(peer, other))) &&
          (allowed === undefined || allowed.some((one) => (ports[one.port] ?? one.port) === port))
        );
      })
  );
}

export function networkProblems(objects: readonly KubernetesObject[]): string[] {
  const policies = policiesOf(objects);
  const pods = podsOf(objects);
  const nameless = pods
    .filter((pod) => !isOpen(policies, 'Egress', pod, NAME_SERVERS, 53))
    .map(({ name }) => `NetworkPolicy: ${name} reaches no name server`);
  if (!pods.some(({ spec }) => spec !== undefined)) {
    return nameless;
  }
  const isConnected = (source: End, target: End, port: number): boolean =>
    isOpen(policies, 'Egress', source, target, port) && isOpen(policies, 'Ingress', target, source, port);
  const must = (source: End, target: End, port: number): string[] =>
    when(!isConnected(source, target, port), `NetworkPolicy: ${source.name} does not reach ${target.name}:${port}`);
  const mustNot = (source: End, target: End, port: number): string[] =>
    when(isConnected(source, target, port), `NetworkPolicy: ${source.name} reaches ${target.name}:${port}`);
  const of = (kind: string): Pod[] => pods.filter((pod) => pod.kind === kind);
  const brokers = of('KafkaNodePool');
  const listeners = ofKind<{ kafka: { listeners: { port: number }[] } }>(objects, 'Kafka').flatMap(({ spec }) =>
    spec.kafka.listeners.map(({ port }) => port),
  );
  const uses = databaseUses(objects).map(({ pod, url }) => ({ pod, host: url.hostname }));
  const isAsked = (target: Pod, host: string): boolean =>
    target.kind === 'Pooler'
      ? host === target.name
      : ['rw', 'ro', 'r'].some((type) => host === `${target.name}-${type}`);
  const databases = [...of('Cluster'), ...of('Pooler')];
  const usesKafka = ({ spec }: Pod): boolean =>
    (spec?.containers ?? []).some((container) => 'KAFKA_BROKERS' in environmentOf(container, objects));
  const stranger = from('elsewhere');
  const ours = pods.filter(({ spec }) => spec !== undefined);
  const issuersOf = ({ spec }: Pod): URL[] =>
    (spec?.containers ?? [])
      .map((container) => environmentOf(container, objects)['OIDC_ISSUER'])
      .filter((issuer) => issuer !== undefined)
      .map((issuer) => new URL(issuer));
  const monitored = [...of('Cluster'), ...of('Pooler'), ...brokers, ...of('Deployment')].flatMap((pod) =>
    // What has a port for it serves /metrics there, and answers anyone on the other.
    ['metrics', 'tcp-prometheus', 'management'].flatMap((name) =>
      pod.ports[name] === undefined ? [] : { pod, port: pod.ports[name] },
    ),
  );
  return [
    ...nameless,
    ...when(
      !ofKind<PolicySpec>(objects, 'NetworkPolicy').some(
        ({ spec }) =>
          Object.keys(spec.podSelector).length === 0 && spec.policyTypes.length === 2 && !spec.ingress && !spec.egress,
      ),
      'NetworkPolicy: nothing denies by default',
    ),
    ...ours.flatMap((pod) =>
      listeners.flatMap((port) =>
        brokers.flatMap((broker) => (usesKafka(pod) ? must(pod, broker, port) : mustNot(pod, broker, port))),
      ),
    ),
    ...ours.flatMap((pod) =>
      databases.flatMap((target) =>
        uses.some((use) => use.pod.name === pod.name && isAsked(target, use.host))
          ? must(pod, target, 5432)
          : mustNot(pod, target, 5432),
      ),
    ),
    ...ours.flatMap((pod) =>
      issuersOf(pod).flatMap(({ host, port }) =>
        must(pod, { ...from(host), isOutside: true }, port === '' ? 443 : Number(port)),
      ),
    ),
    ...[...databases, ...brokers].flatMap((target) =>
      Object.values(target.ports).flatMap((port) => mustNot(stranger, target, port)),
    ),
    ...of('Pooler').flatMap((pooler) =>
      of('Cluster')
        .filter(({ name }) => name === clusterOf(objects, pooler.name))
        .flatMap((cluster) => must(pooler, cluster, 5432)),
    ),
    ...of('Cluster').flatMap((cluster) => [
      ...must(cluster, cluster, 5432),
      ...must(from('cnpg-system'), cluster, 8000),
      ...must(from('cnpg-system'), cluster, 5432),
    ]),
    ...brokers.flatMap((broker) => [
      ...must(broker, broker, 9091),
      ...ofKind(objects, 'ScaledObject')
        .slice(0, 1)
        .flatMap(() => listeners.flatMap((port) => must(from('keda'), broker, port))),
    ]),
    ...ofKind(objects, 'PodMonitor')
      .slice(0, 1)
      .flatMap(() => monitored.flatMap(({ pod, port }) => must(from('monitoring'), pod, port))),
    ...monitored.flatMap(({ pod, port }) => mustNot(stranger, pod, port)),
    ...of('Deployment').flatMap((pod) =>
      pod.ports['http'] === undefined ? [] : must(stranger, pod, pod.ports['http']),
    ),
  ];
}
