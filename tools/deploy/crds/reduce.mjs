/**
 * Reduces a CustomResourceDefinition to the JSON schema of one version, without descriptions and with unknown fields
 * refused: `node reduce.mjs <version> < crd.yaml > <kind>.json`. README.md says where each file comes from.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const KEPT = new Set([
  'type',
  'properties',
  'additionalProperties',
  'required',
  'items',
  'enum',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'nullable',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
]);

function reduce(schema) {
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  const kept = Object.entries(schema).filter(([name]) => KEPT.has(name));
  const reduced = Object.fromEntries(
    kept.map(([name, value]) => {
      if (name === 'properties') {
        return [name, Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, reduce(inner)]))];
      }
      if (['oneOf', 'anyOf', 'allOf'].includes(name)) {
        return [name, value.map(reduce)];
      }
      return ['items', 'additionalProperties', 'not'].includes(name) ? [name, reduce(value)] : [name, value];
    }),
  );
  return reduced;
}

const [version] = process.argv.slice(2);
const { spec } = parse(readFileSync(0, 'utf8'));
const found = spec.versions.find(({ name }) => name === version);
if (!found) {
  throw new Error(
    `no version ${version} of ${spec.names.kind}, only ${spec.versions.map(({ name }) => name).join(', ')}`,
  );
}
const { kind } = spec.names;
process.stdout.write(
  `${JSON.stringify({ apiVersion: `${spec.group}/${version}`, kind, schema: reduce(found.schema.openAPIV3Schema) })}\n`,
);
