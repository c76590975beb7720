// Suites run in Node's own context. After each of them this puts back what it may have left changed in the process, so
// that the next one in it starts as in a process of its own.
import { ModuleMocker } from 'jest-mock';

export default class Environment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  // Jest reads both; no suite moves the clock of its process.
  fakeTimers = null;
  fakeTimersModern = null;
  #env = { ...process.env };
  #folder = process.cwd();
  #exit = process.exit;
  #console = globalThis.console;

  getVmContext() {
    return null;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  async setup() {}

  async teardown() {
    this.moduleMocker.restoreAllMocks();
    for (const name of Object.keys(process.env)) {
      if (!(name in this.#env)) {
        delete process.env[name];
      }
    }
    Object.assign(process.env, this.#env);
    process.chdir(this.#folder);
    process.exit = this.#exit;
    globalThis.console = this.#console;
  }
}
