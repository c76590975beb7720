/**
 * Checks Kubernetes objects against the published types of its API: each becomes an object literal of its type, in
 * which the compiler refuses unknown fields, missing ones and values of the wrong type.
 */
import path from 'node:path';
import ts from 'typescript';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import type { KubernetesObject } from './objects.ts';

export function typeProblems(objects: readonly KubernetesObject[]): string[] {
  const lines = objects.map(
    (object, index) =>
      `export const o${index}: import('kubernetes-types/${moduleOf(object.apiVersion)}').${object.kind} = ${JSON.stringify(object)};`,
  );
  const file = path.join(REPOSITORY_ROOT, 'tools', 'deploy', 'kubernetes-objects.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    lib: ['lib.es5.d.ts'],
    skipLibCheck: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, language) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), language) : readSource(name, language);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file: source, start = 0, messageText }) => {
    const object = objects[source?.getLineAndCharacterOfPosition(start).line ?? -1];
    return `${object?.kind} ${object?.metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

const moduleOf = (apiVersion: string): string =>
  apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io/', '/');
