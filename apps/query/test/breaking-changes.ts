/** Compares two OpenAPI documents: what a client of the first one cannot do, or does not get, with the second. */

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}
interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content };
  readonly responses?: Readonly<Record<string, { readonly content?: Content }>>;
}
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** `request`: the second document must accept what the first one did. `answer`: it must give nothing else. */
type Direction = 'request' | 'answer';

/** How deep schemas are compared; deeper ones refer to themselves. */
const MAX_DEPTH = 12;

/** @returns one line per break, such as `GET /v1/yield: parameter product: removed`, sorted */
export function breakingChanges(before: ApiDocument, after: ApiDocument): string[] {
  const breaks = Object.entries(before.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const now = after.paths[path]?.[method];
      const problems = now === undefined ? ['removed'] : new Comparison(before, after).operation(operation, now);
      return problems.map((problem) => `${method.toUpperCase()} ${path}: ${problem}`);
    }),
  );
  return [...new Set(breaks)].sort();
}

class Comparison {
  constructor(
    private readonly before: ApiDocument,
    private readonly after: ApiDocument,
  ) {}

  operation(before: Operation, after: Operation): string[] {
    const nameOf = (parameter: Parameter): string => `parameter ${parameter.name}`;
    const find = ({ parameters = [] }: Operation, like: Parameter): Parameter | undefined =>
      parameters.find((one) => one.in === like.in && one.name === like.name);
    return [
      ...(before.parameters ?? []).flatMap((parameter) => {
        const now = find(after, parameter);
        return now === undefined
          ? [`${nameOf(parameter)}: removed`]
          : this.schema('request', parameter.schema ?? {}, oneValue(parameter, now), nameOf(parameter));
      }),
      ...(after.parameters ?? [])
        .filter((parameter) => parameter.required && !find(before, parameter)?.required)
        .map((parameter) => `${nameOf(parameter)}: required`),
      ...(after.requestBody?.required && !before.requestBody?.required ? ['body: required'] : []),
      ...this.#content('request', before.requestBody?.content, after.requestBody?.content, 'body'),
      ...Object.entries(before.responses ?? {})
        .filter(([status]) => status.startsWith('2'))
        .flatMap(([status, { content }]) =>
          this.#content('answer', content, after.responses?.[status]?.content, `answer ${status}`),
        ),
    ];
  }

  #content(direction: Direction, before: Content = {}, after: Content = {}, place: string): string[] {
    return Object.entries(before).flatMap(([type, { schema = {} }]) => {
      const now = after[type];
      return now === undefined ? [`${place}: no ${type}`] : this.schema(direction, schema, now.schema ?? {}, place);
    });
  }

  schema(direction: Direction, first: Schema, second: Schema, place: string, depth = 0): string[] {
    const [before, after] = [resolve(this.before, first), resolve(this.after, second)];
    if (depth > MAX_DEPTH) {
      return [];
    }
    const [olds, news] = [alternatives(before), alternatives(after)];
    if (olds.length > 1 || news.length > 1) {
      // Each that is given must be among those that are taken.
      const [given, taken] = direction === 'request' ? [olds, news] : [news, olds];
      const fits = (one: Schema): boolean =>
        taken.some((other) => {
          const [old, now] = direction === 'request' ? [one, other] : [other, one];
          return this.schema(direction, old, now, place, depth + 1).length === 0;
        });
      return given.every(fits) ? [] : [`${place}: other alternatives`];
    }
    const [given, taken] = direction === 'request' ? [before, after] : [after, before];
    const types = typesOf(taken);
    const problems: string[] = [];
    if (types.length > 0 && !(typesOf(given).length > 0 && typesOf(given).every((type) => isAmong(type, types)))) {
      problems.push(
        `${place}: ${typesOf(before).join('|') || 'anything'} became ${typesOf(after).join('|') || 'anything'}`,
      );
    }
    // An answer may get new values: clients ignore what they do not know.
    const values = valuesOf(taken);
    if (direction === 'request' && values !== undefined) {
      const missing = (valuesOf(given) ?? ['any value']).filter((value) => !values.includes(value));
      problems.push(...missing.map((value) => `${place}: ${String(value)} is refused`));
    }
    if (direction === 'request') {
      problems.push(...tighter(before, after).map((limit) => `${place}: ${limit}`));
    }
    for (const [name, schema] of Object.entries(before.properties ?? {})) {
      const now = after.properties?.[name];
      const inside = `${place}.${name}`;
      if (now === undefined) {
        problems.push(`${inside}: removed`);
        continue;
      }
      if (direction === 'answer' && before.required?.includes(name) && !after.required?.includes(name)) {
        problems.push(`${inside}: may be absent`);
      }
      problems.push(...this.schema(direction, schema, now, inside, depth + 1));
    }
    if (direction === 'request') {
      const added = (after.required ?? []).filter((name) => !before.required?.includes(name));
      problems.push(...added.map((name) => `${place}.${name}: required`));
    }
    if (before.items && after.items) {
      problems.push(...this.schema(direction, before.items, after.items, `${place}[]`, depth + 1));
    }
    return problems;
  }
}

/** Where a parameter was given once, one that may repeat takes it as before. */
const oneValue = ({ schema: before = {} }: Parameter, { schema: after = {} }: Parameter): Schema =>
  after.type === 'array' && before.type !== 'array' ? (after.items ?? {}) : after;

function resolve({ components }: ApiDocument, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (components?.schemas?.[name] ?? {});
}

const alternatives = (schema: Schema): readonly Schema[] => schema.anyOf ?? schema.oneOf ?? [schema];

const typesOf = ({ type = [] }: Schema): readonly string[] => (typeof type === 'string' ? [type] : type);

const isAmong = (type: string, types: readonly string[]): boolean =>
  types.includes(type) || (type === 'integer' && types.includes('number'));

const valuesOf = (schema: Schema): readonly unknown[] | undefined =>
  schema.enum ?? ('const' in schema ? [schema.const] : undefined);

function tighter(before: Schema, after: Schema): string[] {
  const upper = (['maximum', 'maxLength', 'maxItems'] as const).filter(
    (limit) => (after[limit] ?? Infinity) < (before[limit] ?? Infinity),
  );
  const lower = (after.minimum ?? -Infinity) > (before.minimum ?? -Infinity) ? ['minimum' as const] : [];
  return [...upper, ...lower].map((limit) => `${limit} ${after[limit]}`);
}
