/** What bootstrap.mjs cannot do, in words for its user. */
export class Refusal extends Error {}

export function refuse(what, next) {
  throw new Refusal(`${what}.\n  What to do: ${next}`);
}
