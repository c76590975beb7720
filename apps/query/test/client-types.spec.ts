import { describe, expect, it } from '@jest/globals';
import { clientTypes, type Schema } from './client-types.ts';

/** The type of a schema, on one line and without its comments. */
function typeOf(schema: object): string {
  const types = clientTypes({ paths: {}, components: { schemas: { One: schema as Schema }, responses: {} } });
  const [, type = ''] =
    /schemas: \{\s+One: (.*?);\s+\};\s+responses:/s.exec(types.replaceAll(/\/\*\*.*?\*\/\s+/gs, '')) ?? [];
  return type.replaceAll(/\s+/g, ' ');
}
const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });

describe('types of the TypeScript client', () => {
  it.each<[string, object, string]>([
    ['anything', {}, 'unknown'],
    ['a reference', { $ref: '#/components/schemas/Two' }, 'components["schemas"]["Two"]'],
    ['a number that may be null', { type: ['integer', 'null'], minimum: 0 }, 'number | null'],
    ['one of some texts', { type: 'string', enum: ['a', 'b'] }, '"a" | "b"'],
    ['a list of one of some', { type: 'array', items: { enum: ['a', 'b'], type: 'string' } }, '("a" | "b")[]'],
    ['a list of lists', { type: 'array', items: { type: 'array', items: { type: 'string' } } }, 'string[][]'],
    [
      'a pair',
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'null' }], items: false },
      '[ string, null ]',
    ],
    ['either', { anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] }, '("a" | "b") | null'],
    ['texts by name', object({}, { additionalProperties: { type: 'string' } }), '{ [key: string]: string; }'],
    ['any fields', object({}, { additionalProperties: true }), '{ [key: string]: unknown; }'],
  ])('say %s', (_, schema, type) => {
    expect(typeOf(schema)).toBe(type);
  });

  it('let requests leave out what has a default', () => {
    const properties = {
      policy: { type: 'string', default: 'last' },
      'a-b': { type: 'number' },
      name: { type: 'string' },
    };
    expect(typeOf(object(properties, { required: ['name'] }))).toBe(
      '{ "a-b"?: number; name: string; policy?: string; }',
    );
  });

  it('keep what is known of a field in its comment, which nothing ends early', () => {
    const schema = {
      type: 'string',
      format: 'uuid',
      description: 'first */\nsecond',
      default: 'a',
      enum: ['a'],
    } as const;
    expect(clientTypes({ paths: {}, components: { schemas: { One: schema }, responses: {} } })).toContain(`
        /**
         * Format: uuid
         * @description first *\\/
         *     second
         * @default a
         * @enum {string}
         */
        One: "a";
`);
  });

  it.each<[string, object, RegExp]>([
    ['a keyword', { allOf: [] }, /do not know "allOf"/],
    ['a keyword further in', object({ a: { type: 'array', items: { const: 1 } } }), /do not know "const"/],
    ['a type', { type: 'text' }, /do not know the type "text"/],
  ])('refuse %s that they do not know', (_, schema, problem) => {
    expect(() => typeOf(schema)).toThrow(problem);
  });
});
