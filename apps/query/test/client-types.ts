/**
 * Writes the types of the TypeScript client from the OpenAPI document, in the form that openapi-fetch reads. Knows what this
 * service says of itself, and refuses all else: openapi-typescript knows everything, with 21 packages, and takes a hundred
 * times as long.
 */
interface Remarks {
  readonly summary?: string | undefined;
  readonly format?: string;
  readonly description?: string | undefined;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
}

export interface Schema extends Remarks {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
}

interface Parameter extends Remarks {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Answer extends Remarks {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, Remarks & { readonly schema: Schema }>>;
  readonly content?: Content;
}

interface Operation extends Remarks {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface DescribedApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Answer>>;
  };
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const PLACES = ['query', 'header', 'path', 'cookie'];
/** Keywords that a type is made of, those of remarks, and those that no type can say. */
const KEYWORDS = new Set(
  `$ref type enum anyOf items prefixItems properties required additionalProperties
  format description default example examples
  minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems pattern propertyNames`.split(
    /\s+/,
  ),
);

const { compare: inOrder } = new Intl.Collator('en', { numeric: true });
const sorted = <T>(entries: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(entries).sort(([a], [b]) => inOrder(a, b));
const block = (members: readonly string[]): string => `{\n${indented(members.join('\n'))}\n}`;
const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');
const union = (types: readonly string[]): string => [...new Set(types)].join(' | ');

/** A field of a type, below what is known of it. */
function member(name: string, type: string, remarks: Schema | Remarks = {}, isOptional = false): string {
  const isPlain = /^(?:[A-Za-z_$][\w$]*|\d+)$/.test(name);
  return `${commentOf(remarks)}${isPlain ? name : JSON.stringify(name)}${isOptional ? '?' : ''}: ${type};`;
}

function commentOf(remarks: Schema | Remarks): string {
  const tagged = (tag: string, value: unknown): string[] =>
    value === undefined
      ? []
      : [`@${tag} ${(typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)).trim()}`];
  const lines = [
    ...(remarks.summary === undefined ? [] : [remarks.summary]),
    ...(remarks.format === undefined ? [] : [`Format: ${remarks.format}`]),
    ...tagged('description', remarks.description),
    ...tagged('default', remarks.default),
    ...[remarks.example, ...(remarks.examples ?? [])].flatMap((example) => tagged('example', example)),
    ...('enum' in remarks ? [`@enum {${[remarks.type].flat().join('|')}}`] : []),
  ].map((line) => line.replaceAll('*/', '*\\/').replaceAll('\n', '\n *     '));
  const text = lines.join('\n * ');
  return text.includes('\n') ? `/**\n * ${text}\n */\n` : text && `/** ${text} */\n`;
}

function referred($ref: string): string {
  const [, , kind, name] = $ref.split('/');
  return `components["${kind}"]["${name}"]`;
}

function typeOf(schema: Schema): string {
  const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown !== undefined) {
    throw new Error(`the types of the client do not know "${unknown}"`);
  }
  if (schema.$ref !== undefined) {
    return referred(schema.$ref);
  }
  if (schema.anyOf !== undefined) {
    return union(schema.anyOf.map((one) => typeInside(one)));
  }
  if (schema.enum !== undefined) {
    return union(schema.enum.map((value) => JSON.stringify(value)));
  }
  return schema.type === undefined ? 'unknown' : union([schema.type].flat().map((type) => typeOfKind(type, schema)));
}

/** In brackets if it has several parts. */
function typeInside(schema: Schema): string {
  const parts = schema.anyOf ?? schema.enum ?? [schema.type].flat();
  return parts.length > 1 ? `(${typeOf(schema)})` : typeOf(schema);
}

function typeOfKind(type: string, { items, prefixItems, ...schema }: Schema): string {
  switch (type) {
    case 'integer':
      return 'number';
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return type;
    case 'array':
      return prefixItems === undefined
        ? `${typeInside(items || {})}[]`
        : `[\n${indented(prefixItems.map((one) => typeOf(one)).join(',\n'))}\n]`;
    case 'object':
      return typeOfObject(schema);
    default:
      throw new Error(`the types of the client do not know the type "${type}"`);
  }
}

function typeOfObject({ properties = {}, required = [], additionalProperties: others = false }: Schema): string {
  return block([
    ...sorted(properties).map(([name, schema]) => member(name, typeOf(schema), schema, !required.includes(name))),
    ...(others === false ? [] : [`[key: string]: ${others === true ? 'unknown' : typeOf(others)};`]),
  ]);
}

const contentOf = (content: Content): string =>
  block(sorted(content).map(([mediaType, { schema = {} }]) => member(mediaType, typeOf(schema), schema)));

function typeOfAnswer({ $ref, headers = {}, content }: Answer): string {
  if ($ref !== undefined) {
    return referred($ref);
  }
  const known = sorted(headers).map(([name, header]) => member(name, typeOf(header.schema), header, true));
  return block([
    member('headers', block([...known, '[name: string]: unknown;'])),
    content === undefined ? 'content?: never;' : member('content', contentOf(content)),
  ]);
}

function parametersOf(parameters: readonly Parameter[]): string {
  const places = PLACES.map((place) => {
    const here = parameters.filter((parameter) => parameter.in === place).sort((a, b) => inOrder(a.name, b.name));
    const members = here.map((one) => member(one.name, typeOf(one.schema), one, one.required !== true));
    return here.length === 0
      ? `${place}?: never;`
      : member(place, block(members), {}, !here.some(({ required }) => required));
  });
  return member('parameters', block(places));
}

function typeOfOperation({ parameters = [], requestBody: body, responses }: Operation): string {
  return block([
    parametersOf(parameters),
    body === undefined
      ? 'requestBody?: never;'
      : member('requestBody', block([member('content', contentOf(body.content))]), {}, body.required !== true),
    member('responses', answersOf(responses)),
  ]);
}

const answersOf = (answers: Readonly<Record<string, Answer>>): string =>
  block(sorted(answers).map(([name, answer]) => member(name, typeOfAnswer(answer), answer)));

function typeOfPath(operations: Readonly<Record<string, Operation>>): string {
  return block([
    parametersOf([]),
    ...METHODS.map((method) => {
      const operation = operations[method];
      return operation === undefined
        ? `${method}?: never;`
        : member(method, `operations["${operation.operationId}"]`, operation);
    }),
  ]);
}

export function clientTypes({ paths, components: { schemas, responses } }: DescribedApi): string {
  const operations = sorted(paths).flatMap(([, path]) => METHODS.flatMap((method) => path[method] ?? []));
  return [
    `export interface paths ${block(sorted(paths).map(([path, methods]) => member(path, typeOfPath(methods))))}`,
    `export interface components ${block([
      member('schemas', block(sorted(schemas).map(([name, schema]) => member(name, typeOf(schema), schema)))),
      member('responses', answersOf(responses)),
    ])}`,
    ...sorted(schemas).map(([name]) => `export type ${name} = components['schemas']['${name}'];`),
    ...sorted(responses).map(([name]) => `export type Response${name} = components['responses']['${name}'];`),
    `export interface operations ${block(operations.map((one) => member(one.operationId, typeOfOperation(one))))}`,
    '',
  ].join('\n');
}
