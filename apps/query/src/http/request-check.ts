import { type PipeTransform, type ArgumentMetadata } from '@nestjs/common';
import { z } from 'zod';
import { type ParameterProblem, Problem } from './problem.error.ts';

/** Most errors in one answer. */
const MAX_ISSUES = 20;
/** Most characters of a name in an error. The caller chose the name, so it can be as long as the body. */
const MAX_NAME_LENGTH = 100;

/** Checks query, path and body against the Zod schema of the handler's parameter, and gives the handler the parsed value. */
export class RequestCheck implements PipeTransform {
  transform(value: unknown, { schema, type }: ArgumentMetadata & { schema?: unknown }): unknown {
    if (!(schema instanceof z.ZodType)) {
      return value;
    }
    return checkRequest(value, schema, type === 'body' ? 'invalid_body' : 'invalid_parameter');
  }
}

/** @throws Problem 400 that names what the schema refuses */
export function checkRequest<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  code: 'invalid_body' | 'invalid_parameter' = 'invalid_parameter',
): z.output<Schema> {
  const checked = schema.safeParse(value);
  if (checked.success) {
    return checked.data;
  }
  throw refusal(checked.error.issues, code);
}

/** Reports the first issues. Unknown names come first: a misspelt name usually causes the other issues. */
function refusal(issues: readonly z.core.$ZodIssue[], code: 'invalid_body' | 'invalid_parameter'): Problem {
  const isBody = code === 'invalid_body';
  const name = (path: readonly PropertyKey[]): string =>
    isBody
      ? path.map((part) => `/${cut(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
      : path.map((part) => cut(String(part))).join('.');
  const unknown: ParameterProblem[] = [];
  const invalid: ParameterProblem[] = [];
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys.slice(0, MAX_ISSUES - unknown.length)) {
        unknown.push({ parameter: name([...issue.path, key]), message: 'is unknown' });
      }
    } else if (invalid.length < MAX_ISSUES) {
      invalid.push({ parameter: name(issue.path), message: messageOf(issue, isBody) });
    }
  }
  const errors = [...unknown, ...invalid].slice(0, MAX_ISSUES);
  const detail = errors.map(({ parameter, message }) => `${parameter || 'body'}: ${message}`).join('; ');
  return new Problem(400, unknown.length > 0 && !isBody ? 'unknown_parameter' : code, detail, errors);
}

const cut = (name: string): string => (name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name);

const messageOf = (issue: z.core.$ZodIssue, isBody: boolean): string =>
  issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('received undefined')
    ? 'is required'
    : !isBody && issue.code === 'invalid_type' && issue.message.endsWith('received array')
      ? 'is given more than once'
      : issue.message;

/**
 * `z.array(element).max(max)` that stops after {@link MAX_ISSUES} issues. Zod itself collects one object per invalid
 * element, so that a body of a few megabytes would take gigabytes.
 */
export function listOf<Element extends z.ZodType>(element: Element, max: number): z.ZodType<z.output<Element>[]> {
  const { $schema: _, ...documented } = z.toJSONSchema(z.array(element).max(max), { io: 'input' });
  return z
    .unknown()
    .transform((list, context) => {
      if (!Array.isArray(list) || list.length > max) {
        context.addIssue({
          code: 'custom',
          message: Array.isArray(list) ? `expected at most ${max} elements` : 'expected an array',
        });
        return z.NEVER;
      }
      const elements: z.output<Element>[] = [];
      let issues = 0;
      for (const [index, item] of list.entries()) {
        const checked = element.safeParse(item);
        if (checked.success) {
          elements.push(checked.data);
          continue;
        }
        for (const issue of checked.error.issues.slice(0, MAX_ISSUES - issues)) {
          context.addIssue({ code: 'custom', path: [index, ...issue.path], message: messageOf(issue, true) });
          issues++;
        }
        if (issues >= MAX_ISSUES) {
          return z.NEVER;
        }
      }
      return elements;
    })
    .meta({ ...documented });
}
