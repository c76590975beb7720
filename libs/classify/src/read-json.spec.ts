import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { schemaRefusal } from './read-json.ts';

it('refuses a huge whole number also of a field that has no bound of its own', () => {
  const event = { count: 1e17 };
  const { error } = z.object({ count: z.int() }).safeParse(event);
  expect(schemaRefusal(error!, event)).toEqual({
    code: 'value_out_of_range',
    detail: '/count: got the number 100000000000000000, expected at most 9007199254740991',
  });
});
