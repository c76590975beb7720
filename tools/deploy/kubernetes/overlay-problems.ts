import { brokerAddressProblems, brokerProblems, topicProblems } from './kafka-rules.ts';
import { networkProblems } from './network-rules.ts';
import type { KubernetesObject } from './objects.ts';
import {
  backupProblems,
  clusterProblems,
  databaseUrlProblems,
  poolerProblems,
  publicationProblems,
  roleProblems,
} from './postgres-rules.ts';
import { fileProblems, ownerProblems, secretProblems, selectorProblems } from './reference-rules.ts';
import { certificateProblems, streamProblems } from './stream-rules.ts';
import { drainProblems, jobProblems, replicaProblems, scaledObjectProblems } from './scaling-rules.ts';

/** What is wrong with a rendered overlay beyond the schemas of its objects, in words; empty when nothing is. */
export function overlayProblems(objects: readonly KubernetesObject[], version: string): string[] {
  return [
    secretProblems,
    fileProblems,
    ownerProblems,
    selectorProblems,
    clusterProblems,
    poolerProblems,
    backupProblems,
    roleProblems,
    databaseUrlProblems,
    publicationProblems,
    streamProblems,
    certificateProblems,
    brokerProblems,
    topicProblems,
    brokerAddressProblems,
    scaledObjectProblems,
    replicaProblems,
    drainProblems,
    networkProblems,
    (all: readonly KubernetesObject[]) => jobProblems(all, version),
  ].flatMap((rule) => rule(objects));
}
