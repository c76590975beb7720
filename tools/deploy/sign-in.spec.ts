/** The component k8s/sign-in in an overlay of production: it is in order, and its mistakes are noticed. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { problemsOf } from './checks.ts';
import { findKustomize, renderFolder } from './kubernetes/kustomize.ts';
import type { KubernetesObject } from './kubernetes/objects.ts';
import { overlayProblems } from './kubernetes/overlay-problems.ts';
import { schemaProblems } from './kubernetes/schema-problems.ts';
import { readDeployment } from './manifests.ts';
import { loadServiceSchemas, type ServiceSchemas } from './service-schemas.ts';

const kustomize = await findKustomize(AbortSignal.timeout(600_000));
const describeRendered = 'missing' in kustomize ? describe.skip : describe;
const deployment = readDeployment(REPOSITORY_ROOT);

describeRendered('the component k8s/sign-in', () => {
  let objects: KubernetesObject[];
  let schemas: ServiceSchemas;
  beforeAll(async () => {
    schemas = await loadServiceSchemas();
    const folder = mkdtempSync(path.join(tmpdir(), 'chip-overlay-'));
    try {
      const k8s = path.join(path.relative(realpathSync(folder), REPOSITORY_ROOT), 'k8s');
      writeFileSync(
        path.join(folder, 'kustomization.yaml'),
        `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: chip-quality
resources: [${k8s}/overlays/production]
components: [${k8s}/sign-in]
`,
      );
      objects = await renderFolder(kustomize as readonly [string], folder, AbortSignal.timeout(120_000));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 600_000);

  const problems = (all: readonly KubernetesObject[]): string[] => [
    ...overlayProblems(all, deployment.packageJson.version),
    ...problemsOf({ ...deployment, kubernetes: [...all] }, schemas),
  ];
  const query = (all: KubernetesObject[]) =>
    all.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'query')!.spec!.template!.spec;

  it('lets people sign in, with secrets from files', () => {
    expect(schemaProblems(objects)).toEqual([]);
    expect(problems(objects)).toEqual([]);
  }, 300_000);

  it.each<[string, (all: KubernetesObject[]) => unknown, RegExp]>([
    [
      'an issuer that no policy lets it reach',
      (all) =>
        all.splice(
          all.findIndex(({ metadata }) => metadata.name === 'to-issuer'),
          1,
        ),
      /query does not reach issuer\.example:443/,
    ],
    [
      'a page without an address',
      (all) => {
        const { env } = query(all).containers[0]!;
        env!.splice(
          env!.findIndex(({ name }) => name === 'PUBLIC_URL'),
          1,
        );
      },
      /query: .*OIDC_CLIENT_ID must be given with/,
    ],
    [
      'secrets that are not mounted',
      (all) =>
        (query(all).containers[0]!.volumeMounts!.find(({ name }) => name === 'sign-in')!.mountPath = '/run/other'),
      /query: no volume has the file \/run\/sign-in\/client-secret/,
    ],
    [
      'a secret in the manifest',
      (all) => query(all).containers[0]!.env!.push({ name: 'OIDC_CLIENT_SECRET', value: 's' }),
      /query has the value of OIDC_CLIENT_SECRET in the manifest/,
    ],
  ])('%s is noticed', (_name, spoil, message) => {
    const copy = structuredClone(objects);
    spoil(copy);
    expect(problems(copy).join('\n')).toMatch(message);
  });
});
