import { type PipeTransform, type ArgumentMetadata } from '@nestjs/common';
import { z } from 'zod';
import { type ParameterProblem, Problem } from './problem.error.ts';

/** Checks query, path and body against the Zod schema of the handler's parameter; the handler gets the parsed value. */
export class RequestCheck implements PipeTransform {
  transform(value: unknown, { schema, type }: ArgumentMetadata & { schema?: unknown }): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    const checked = schema.safeParse(value);
    if (checked.success) return checked.data;
    throw refusal(checked.error.issues, type === 'body' ? 'invalid_body' : 'invalid_parameter');
  }
}

/** Every issue at once. Unknown names come first: a misspelt name is the usual cause of the other complaints. */
function refusal(issues: readonly z.core.$ZodIssue[], code: 'invalid_body' | 'invalid_parameter'): Problem {
  const isBody = code === 'invalid_body';
  const name = (path: readonly PropertyKey[]): string =>
    isBody
      ? path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
      : path.map(String).join('.');
  const unknown: ParameterProblem[] = [];
  const invalid: ParameterProblem[] = [];
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys')
      for (const key of issue.keys)
        unknown.push({ parameter: name([...issue.path, key]), message: 'is not known here' });
    else invalid.push({ parameter: name(issue.path), message: messageOf(issue) });
  }
  const errors = [...unknown, ...invalid];
  const detail = errors.map(({ parameter, message }) => `${parameter || 'body'}: ${message}`).join('; ');
  return new Problem(400, unknown.length > 0 && !isBody ? 'unknown_parameter' : code, detail, errors);
}

const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.input === undefined && issue.message.endsWith('received undefined')
    ? 'is required'
    : issue.code === 'invalid_type' && issue.message.endsWith('received array')
      ? 'is given more than once'
      : issue.message;
