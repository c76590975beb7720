/**
 * Checks Kubernetes objects against the published types of its API: each becomes an object literal of its type, in
 * which the compiler refuses unknown fields, missing ones and values of the wrong type.
 */
import path from 'node:path';
import ts from 'typescript';
import { REPOSITORY_ROOT } from '../../devstack/layout.ts';
import type { KubernetesObject } from './objects.ts';

const FILE = path.join(REPOSITORY_ROOT, 'tools', 'deploy', 'kubernetes-objects.ts');

/** What the compiler says of each type and literal. Overlays share most objects, and starting it takes longest. */
const known = new Map<string, readonly string[]>();

export function typeProblems(objects: readonly KubernetesObject[]): string[] {
  const texts = objects.map(
    (object) => `import('kubernetes-types/${moduleOf(object.apiVersion)}').${object.kind} = ${JSON.stringify(object)};`,
  );
  const unknown = [...new Set(texts)].filter((text) => !known.has(text));
  if (unknown.length > 0) {
    const problems = compile(unknown);
    unknown.forEach((text, index) => known.set(text, problems.get(index) ?? []));
  }
  return objects.flatMap(({ kind, metadata }, index) =>
    (known.get(texts[index]!) ?? []).map((problem) => `${kind} ${metadata.name}: ${problem}`),
  );
}

/** @returns problems by the place of their text */
function compile(texts: readonly string[]): ReadonlyMap<number, readonly string[]> {
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
  const lines = texts.map((text, index) => `export const o${index}: ${text}`);
  host.getSourceFile = (name, language) =>
    name === FILE ? ts.createSourceFile(name, lines.join('\n'), language) : readSource(name, language);
  const problems = new Map<number, string[]>();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(ts.createProgram([FILE], options, host))) {
    const problem = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (file?.fileName !== FILE) {
      throw new Error(problem);
    }
    const { line } = file.getLineAndCharacterOfPosition(start);
    problems.set(line, [...(problems.get(line) ?? []), problem]);
  }
  return problems;
}

const moduleOf = (apiVersion: string): string =>
  apiVersion === 'v1' ? 'core/v1' : apiVersion.replace('.k8s.io/', '/');
