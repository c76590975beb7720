// What suites import as '@jest/globals'. Modules stay loaded from suite to suite (see runtime.mjs), so each function
// here passes to the one of the suite that runs.
let current = {};

/** Called by the runtime before each suite. */
export function setGlobals(globals) {
  current = globals;
}

const ofSuite = (name) =>
  new Proxy(() => {}, {
    apply: (_, self, args) => Reflect.apply(current[name], self, args),
    get: (_, key) => current[name][key],
  });

export const [afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test, jest] = [
  'afterAll',
  'afterEach',
  'beforeAll',
  'beforeEach',
  'describe',
  'expect',
  'it',
  'test',
  'jest',
].map(ofSuite);
