/**
 * Query parameters `<object>.<key>=<value>`, which filter by a field of a JSON object, such as `metadata.operator=17`. They
 * make the set of names open, so the checks here refuse unknown ones.
 */
import type { z } from 'zod';
import { nameParameter } from './parameters.ts';

/** Fields by name, each with the text to compare with. */
export type FieldTexts = Readonly<Record<string, string>>;

export const fieldValue = nameParameter('Value of a field.', 'engineering', 1000);

export class FieldFilters {
  readonly #prefix: string;
  readonly #name: RegExp;

  /** @param object in front of the dot */
  constructor(object: 'metadata' | 'tags') {
    this.#prefix = `${object}.`;
    this.#name = new RegExp(`^${object}\\.[A-Za-z0-9_.-]{1,64}$`);
  }

  /** Refinement of a schema with a catchall: refuses names that are neither in its shape nor those of fields. */
  refuseOthers(shape: object, given: Record<string, unknown>, context: z.RefinementCtx): void {
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(shape, name) && !this.#name.test(name));
    if (unknown.length > 0) {
      context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: given });
    }
  }

  /** The fields among the given parameters, without the name of the object. */
  of(given: object): FieldTexts {
    return Object.fromEntries(
      Object.entries(given)
        .filter((entry): entry is [string, string] => this.#name.test(entry[0]))
        .map(([name, value]) => [name.slice(this.#prefix.length), value]),
    );
  }
}

/** How `ApiQuery` describes such parameters. */
export const describeFields = (name: 'metadata' | 'tags', what: string, example: Record<string, string>) => ({
  name,
  required: false,
  style: 'form' as const,
  explode: true,
  description: `${what} as \`${name}.<key>=<value>\`; a key has letters, digits, \`_\`, \`.\`, \`-\`. Matches the text, and the number, boolean or null that it spells.`,
  schema: { type: 'object' as const, additionalProperties: { type: 'string' as const }, example },
});
