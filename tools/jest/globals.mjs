// What is imported as '@jest/globals'. A suite gets a copy of this module of its own (see sources.mjs), and with it the
// functions themselves. What suites share stays loaded from suite to suite, so that its functions pass to those of the
// suite that runs.
import { current } from './current.mjs';

const isOfSuite = new URL(import.meta.url).search !== '';

const passing = (name) =>
  new Proxy(() => {}, {
    apply: (_, self, args) => Reflect.apply(current.globals[name], self, args),
    get: (_, key) => current.globals[name][key],
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
].map((name) => (isOfSuite ? current.globals[name] : passing(name)));
