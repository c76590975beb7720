/**
 * Checks objects against the schema of their kind: those of operators against the CRDs in ../crds, those of Kubernetes
 * itself against its published types. A field that the schema does not know is a mistake here; a cluster drops it silently.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import type { KubernetesObject } from './objects.ts';
import { typeProblems } from './type-problems.ts';

const FOLDER = path.join(import.meta.dirname, '..', 'crds');

interface Schema {
  [keyword: string]: unknown;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
}

/** What Kubernetes means by its extensions, in plain JSON Schema; and no field that is not named. */
function strict(schema: Schema, isTop: boolean): Schema {
  const { 'x-kubernetes-int-or-string': intOrString, 'x-kubernetes-preserve-unknown-fields': open, ...rest } = schema;
  if (intOrString === true) {
    return { anyOf: [{ type: 'integer' }, { type: 'string' }] };
  }
  const properties = Object.fromEntries(
    Object.entries(rest.properties ?? {}).map(([name, inner]) => [name, strict(inner, false)]),
  );
  return {
    ...rest,
    ...(rest.properties === undefined ? {} : { properties }),
    ...(rest.items === undefined ? {} : { items: strict(rest.items, false) }),
    ...(typeof rest.additionalProperties === 'object'
      ? { additionalProperties: strict(rest.additionalProperties, false) }
      : {}),
    // apiVersion, kind and metadata are not in every CRD.
    ...(rest.properties !== undefined && rest.additionalProperties === undefined && open !== true && !isTop
      ? { additionalProperties: false }
      : {}),
  };
}

/** Patterns of Go: "(?i)" means what the flag means here. */
const regExp = Object.assign(
  (source: string, flags: string) =>
    source.includes('(?i)') ? new RegExp(source.replace('(?i)', ''), `${flags}i`) : new RegExp(source, flags),
  { code: 'new RegExp' },
);

const validators = new Map<string, ValidateFunction>();
/** Validators by `apiVersion kind`, compiled once. */
function customKinds(): ReadonlyMap<string, ValidateFunction> {
  if (validators.size === 0) {
    const ajv = new Ajv({
      allErrors: true,
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
      // Objects are few: the code is written faster than it would be improved.
      code: { regExp, optimize: false },
    });
    for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
      const { apiVersion, kind, schema } = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as {
        apiVersion: string;
        kind: string;
        schema: Schema;
      };
      validators.set(`${apiVersion} ${kind}`, ajv.compile(strict(schema, true)));
    }
  }
  return validators;
}

/** Groups of Kubernetes itself, whose types are checked by the compiler. */
const isBuiltIn = (apiVersion: string): boolean =>
  /^(v1|apps\/v1|batch\/v1|policy\/v1|autoscaling\/v2|networking\.k8s\.io\/v1)$/.test(apiVersion);

export function schemaProblems(objects: readonly KubernetesObject[]): string[] {
  const custom = objects.filter(({ apiVersion }) => !isBuiltIn(apiVersion));
  return [
    ...typeProblems(objects.filter(({ apiVersion }) => isBuiltIn(apiVersion))),
    ...custom.flatMap((object) => {
      const { apiVersion, kind, metadata } = object;
      const validate = customKinds().get(`${apiVersion} ${kind}`);
      if (!validate) {
        return [`${kind} ${metadata.name}: no operator that we name knows ${apiVersion} ${kind}`];
      }
      validate(object);
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${kind} ${metadata.name}: ${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
      );
    }),
  ];
}
