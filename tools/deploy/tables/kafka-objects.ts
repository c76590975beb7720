/** Topics and rights as objects of Strimzi: the files k8s/kafka/{topics,users}.yaml, generated from the streams. */
import { TOPICS } from '@chip/contracts';
import { RIGHTS } from './rights-table.ts';

const CLUSTER = 'kafka-cluster';
/** Three copies of which two must have a record: with one broker away nothing stops and nothing is lost. */
const REPLICAS = 3;
const IN_SYNC = 2;

const object = (kind: string, name: string, spec: string): string =>
  `apiVersion: kafka.strimzi.io/v1
kind: ${kind}
metadata:
  name: ${name}
  labels: { strimzi.io/cluster: ${CLUSTER} }
spec:
${spec}`;

export const topicsYaml = (): string =>
  `# Generated from the streams by "npm run docs". More partitions: accepted and dead-letter topics first.
${TOPICS.map(({ name, partitions, settings }) =>
  object(
    'KafkaTopic',
    name,
    `  partitions: ${partitions}
  replicas: ${REPLICAS}
  config:
    min.insync.replicas: ${IN_SYNC}
${Object.entries(settings)
  .map(([setting, value]) => `    ${setting}: ${value}\n`)
  .join('')}`,
  ),
).join('---\n')}`;

const acl = (type: string, name: string, operations: readonly string[]): string =>
  `      - resource: { type: ${type}, name: ${name} }
        operations: [${operations.join(', ')}]
`;

const user = (name: string, acls: readonly string[]): string =>
  object(
    'KafkaUser',
    `kafka-${name}`,
    `  authentication: { type: tls }
  authorization:
    type: simple
    acls:
${acls.join('')}`,
  );

/** KEDA sees how far the groups are behind. */
const lookAtLag = (): string[] =>
  RIGHTS.filter(({ operations, of }) => operations.includes('Read') && of === 'group').flatMap(({ who, of, names }) => {
    const read = RIGHTS.find((other) => other.who === who && other.of === 'topic' && other.operations.includes('Read'));
    return who === 'operator'
      ? []
      : [
          ...names.map((name) => acl(of, name, ['Describe'])),
          ...(read?.names ?? []).map((name) => acl('topic', name, ['Describe'])),
        ];
  });

export const usersYaml = (): string => {
  const names = [...new Set(RIGHTS.map(({ who }) => who))];
  const users = names.map((name) =>
    user(
      name,
      RIGHTS.filter(({ who, onlyWith }) => who === name && onlyWith === undefined).flatMap((right) =>
        right.names.map((of) => acl(right.of, of, right.operations)),
      ),
    ),
  );
  return `# Generated from the streams by "npm run docs": the table of rights in docs/deployment.md, and what KEDA needs. The
# certificate of each is in the Secret of its name. Give each machine or gateway a user of its own, like kafka-machine.
${[...users, user('keda', lookAtLag())].join('---\n')}`;
};

/** The component k8s/replay adds these to the user of query. */
export const replayUserYaml = (): string =>
  `# Generated from the streams by "npm run docs": what query needs with LETTER_REPLAY=on.
${RIGHTS.filter(({ onlyWith }) => onlyWith === 'LETTER_REPLAY=on')
  .flatMap(({ of, names, operations }) =>
    names.map(
      (name) => `- op: add
  path: /spec/authorization/acls/-
  value: { resource: { type: ${of}, name: ${name} }, operations: [${operations.join(', ')}] }
`,
    ),
  )
  .join('')}`;
