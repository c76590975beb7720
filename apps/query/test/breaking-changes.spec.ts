import { describe, expect, it } from '@jest/globals';
import { type ApiDocument, breakingChanges } from './breaking-changes.ts';

type Operation = ApiDocument['paths'][string][string];
const document = (operation: object): ApiDocument => ({
  paths: { '/v1/x': { get: operation as Operation } },
  components: { schemas: { Unit: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } } },
});
const parameter = (schema: object, required = false): object => ({
  parameters: [{ in: 'query', name: 'p', required, schema }],
});
const body = (schema: object, required = false): object => ({
  requestBody: { required, content: { 'application/json': { schema } } },
});
const answer = (schema: object, type = 'application/json'): object => ({
  responses: { 200: { content: { [type]: { schema } } } },
});
const object = (properties: object, required: string[] = []): object => ({ type: 'object', properties, required });
const text = { type: 'string' };

describe('breaking changes of an API', () => {
  it.each<[string, object, object, string]>([
    ['a removed parameter', parameter(text), {}, 'parameter p: removed'],
    ['a parameter that becomes required', parameter(text), parameter(text, true), 'parameter p: required'],
    ['a new one that is required', {}, parameter(text, true), 'parameter p: required'],
    ['another type', parameter(text), parameter({ type: 'integer' }), 'parameter p: string became integer'],
    ['a value less', parameter({ enum: ['a', 'b'] }), parameter({ enum: ['a'] }), 'parameter p: b is refused'],
    ['a new list of values', parameter(text), parameter({ ...text, enum: ['a'] }), 'parameter p: any value is refused'],
    ['a lower maximum', parameter({ maximum: 9 }), parameter({ maximum: 8 }), 'parameter p: maximum 8'],
    ['a higher minimum', parameter({}), parameter({ minimum: 1 }), 'parameter p: minimum 1'],
    ['a body that becomes required', body(text), body(text, true), 'body: required'],
    ['a field of a body', body(object({ a: text })), body(object({})), 'body.a: removed'],
    ['a new required field', body(object({})), body(object({ a: text }, ['a'])), 'body.a: required'],
    ['another media type', answer(text), answer(text, 'text/csv'), 'answer 200: no application/json'],
    ['a field of an answer', answer(object({ a: text })), answer(object({})), 'answer 200.a: removed'],
    [
      'a field that may be absent',
      answer(object({ a: text }, ['a'])),
      answer(object({ a: text })),
      'answer 200.a: may be absent',
    ],
    [
      'a field that may be null',
      answer(object({ a: text })),
      answer(object({ a: { anyOf: [text, { type: 'null' }] } })),
      'answer 200.a: other alternatives',
    ],
    [
      'one inside a list, by a name',
      answer({ type: 'array', items: { $ref: '#/components/schemas/Unit' } }),
      answer({ type: 'array', items: object({}) }),
      'answer 200[].id: removed',
    ],
  ])('%s is one', (_, before, after, expected) => {
    expect(breakingChanges(document(before), document(after))).toEqual([`GET /v1/x: ${expected}`]);
  });

  it('a removed operation is one', () => {
    expect(breakingChanges(document({}), { paths: { '/v1/x': {} } })).toEqual(['GET /v1/x: removed']);
    expect(breakingChanges(document({}), { paths: {} })).toEqual(['GET /v1/x: removed']);
  });

  it.each<[string, object, object]>([
    ['a new optional parameter', {}, parameter(text)],
    ['a parameter that may repeat', parameter(text), parameter({ type: 'array', items: text })],
    ['one that is no longer required', parameter(text, true), parameter(text)],
    ['a wider number', parameter({ type: 'integer' }), parameter({ type: 'number' })],
    ['a value more', parameter({ enum: ['a'] }), parameter({ enum: ['a', 'b'] })],
    ['a new field of an answer', answer(object({})), answer(object({ a: text }, ['a']))],
    ['a new value in an answer', answer({ enum: ['a'] }), answer({ enum: ['a', 'b'] })],
    ['an integer in place of a number', answer({ type: 'number' }), answer({ type: 'integer' })],
    ['an alternative more in a body', body({ anyOf: [text] }), body({ anyOf: [text, { type: 'number' }] })],
  ])('%s is none', (_, before, after) => {
    expect(breakingChanges(document(before), document(after))).toEqual([]);
  });
});
