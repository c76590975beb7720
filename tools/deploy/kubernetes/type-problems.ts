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

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  types: [],
  lib: ['lib.es5.d.ts'],
  skipLibCheck: true,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ES2022,
};
const compiler = ts.createCompilerHost(OPTIONS);
// Half of what the declarations hold, and nothing of their types.
compiler.jsDocParsingMode = ts.JSDocParsingMode.ParseNone;
const declarations = new Map<string, ts.SourceFile | undefined>();

/** @returns the parsed declarations of a file, which are the same for all objects */
function declarationsOf(file: string): ts.SourceFile | undefined {
  const parsed = declarations.get(file) ?? compiler.getSourceFile(file, ts.ScriptTarget.ES2022);
  declarations.set(file, parsed);
  return parsed;
}

/** @returns problems by the place of their text */
function compile(texts: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const lines = texts.map((text, index) => `export const o${index}: ${text}`);
  const objects = ts.createSourceFile(FILE, lines.join('\n'), ts.ScriptTarget.ES2022);
  const host = { ...compiler, getSourceFile: (name: string) => (name === FILE ? objects : declarationsOf(name)) };
  const problems = new Map<number, string[]>();
  for (const { file, start = 0, messageText } of ts.getPreEmitDiagnostics(ts.createProgram([FILE], OPTIONS, host))) {
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
