// The part of jest that loads modules. Jest's own loads every module again for every suite, into a context of its own;
// for what our suites import that costs more than most of them. This one lets Node load each module once in a process
// (docs/adr/0061-suites-share-loaded-modules.md). Everything else is jest's: order, timeouts, filters, reports.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { current } from './current.mjs';
import { sourceMaps } from './sources.mjs';

const require = createRequire(import.meta.url);

/** Where jest-circus keeps what a suite has set, under symbols that its modules share. */
const statesOfCircus = ['EVENT_HANDLERS', 'TEST_TIMEOUT_SYMBOL', 'RETRY_TIMES', 'WAIT_BEFORE_RETRY'].map(Symbol.for);

export default class Runtime {
  #environment;

  constructor(_config, environment) {
    this.#environment = environment;
  }

  /** Jest asks for jest-circus only: its module is the state of one suite, and the next suite needs a fresh one. */
  requireInternalModule(file) {
    delete require.cache[file];
    for (const state of statesOfCircus) {
      delete globalThis[state];
    }
    return require(file);
  }

  setGlobalsForRuntime(globals) {
    const { moduleMocker } = this.#environment;
    const jest = {
      fn: moduleMocker.fn.bind(moduleMocker),
      spyOn: moduleMocker.spyOn.bind(moduleMocker),
      setTimeout: (ms) => {
        globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] = ms;
      },
    };
    current.globals = { ...globals, jest };
  }

  requireModule(file) {
    return require(file);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(file) {
    return import(pathToFileURL(file).href);
  }

  getSourceMaps() {
    return sourceMaps;
  }

  getAllCoverageInfoCopy() {
    return undefined;
  }

  enterTestCode() {}

  leaveTestCode() {}

  teardown() {}
}

export { Runtime as 'module.exports' };
