/** A copy of the workspace for trying a generator: the files that git knows or would add, on the installed packages. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { flushChanges, FsTree, type Tree } from 'nx/src/generators/tree.js';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { write } from './edit.ts';
import type { Recipe } from './recipes.ts';

export class WorkspaceCopy {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'chip-generated-'));

  constructor() {
    const files = run(REPOSITORY_ROOT, 'git', 'ls-files', '--cached', '--others', '--exclude-standard').split('\n');
    cpSync(REPOSITORY_ROOT, this.folder, { recursive: true, filter: ancestorsOf(files) });
    const installed = path.join(REPOSITORY_ROOT, 'node_modules');
    const packages = path.join(this.folder, 'node_modules');
    mkdirSync(path.join(packages, '@chip'), { recursive: true });
    for (const name of readdirSync(installed)) {
      if (name !== '@chip') {
        symlinkSync(path.join(installed, name), path.join(packages, name));
      }
    }
    // The workspace's own packages must be the copy's.
    for (const room of ['apps', 'libs']) {
      for (const name of readdirSync(path.join(this.folder, room))) {
        symlinkSync(path.join('../..', room, name), path.join(packages, '@chip', name));
      }
    }
    symlinkSync('../../tools', path.join(packages, '@chip', 'tools'));
    this.#git('init', '--quiet');
    this.#git('add', '--all');
  }

  /** Runs a generator by its entry in generators.json, as nx does. @returns the files that it created or changed, sorted */
  async apply(generator: string, name: string): Promise<string[]> {
    const room = path.join(this.folder, 'tools/generators');
    const read = (file: string): unknown => JSON.parse(readFileSync(path.join(room, file), 'utf8'));
    const { generators } = read('generators.json') as {
      generators: Record<string, { factory: string; schema: string }>;
    };
    const { factory, schema } = generators[generator] as { factory: string; schema: string };
    const { properties } = read(schema) as { properties: { name: { pattern: string; $default: object } } };
    if (!new RegExp(properties.name.pattern).test(name) || !('index' in properties.name.$default)) {
      throw new Error(`${generator} does not take ${name}`);
    }
    const { default: generate } = (await import(path.join(room, factory))) as {
      default: (tree: Tree, options: { name: string }) => Promise<void>;
    };
    const tree = new FsTree(this.folder, false);
    await generate(tree, { name });
    flushChanges(this.folder, tree.listChanges());
    return this.#changed();
  }

  /** Runs a generator by nx, which takes far longer to start. @returns the files that it created or changed, sorted */
  generate(generator: string, ...options: string[]): string[] {
    run(this.folder, this.#program('nx'), 'generate', `@chip/tools:${generator}`, ...options);
    return this.#changed();
  }

  /** Follows a recipe. @returns the files that it created or changed, sorted */
  async follow(recipe: Recipe): Promise<string[]> {
    const at = (file: string): string => path.join(this.folder, file);
    const files = {
      root: this.folder,
      exists: (file: string) => existsSync(at(file)),
      read: (file: string) => readFileSync(at(file), 'utf8'),
      write: (file: string, text: string) => {
        mkdirSync(path.dirname(at(file)), { recursive: true });
        writeFileSync(at(file), text);
      },
    };
    for (const [file, content] of Object.entries(recipe)) {
      await write(files, file, content);
    }
    return this.#changed();
  }

  /** Runs what an npm script would. @returns the files that it created or changed, sorted */
  run(folder: string, command: string, ...options: string[]): string[] {
    run(path.join(this.folder, folder), command, ...options);
    return this.#changed();
  }

  #changed(): string[] {
    const changed = `${this.#git('diff', '--name-only')}${this.#git('ls-files', '--others', '--exclude-standard')}`;
    this.#git('add', '--all');
    return changed.split('\n').filter(Boolean).sort();
  }

  /** @throws with the report of the linter, which checks the types, on `sources`, or of the formatter on `files` */
  check(sources: readonly string[], files: readonly string[]): void {
    // As in tools/package.json.
    run(this.folder, 'env', 'GOMAXPROCS=1', 'GOGC=off', 'GOMEMLIMIT=3GiB', this.#program('oxlint'), ...sources);
    run(this.folder, this.#program('oxfmt'), '--check', ...files);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Without npx, which takes longer to start than some of them. */
  #program(name: string): string {
    return path.join(this.folder, 'node_modules/.bin', name);
  }

  #git(...options: string[]): string {
    return run(this.folder, 'git', ...options);
  }
}

/** Whether a path is one of `files`, or a folder above one. */
function ancestorsOf(files: readonly string[]): (source: string) => boolean {
  const wanted = new Set(['']);
  for (const file of files) {
    for (let at = file; at !== '' && at !== '.'; at = path.dirname(at)) {
      wanted.add(at);
    }
  }
  return (source) => wanted.has(path.relative(REPOSITORY_ROOT, source));
}

const PASSED_ON = ['PATH', 'HOME', 'NODE_COMPILE_CACHE', 'NX_ISOLATE_PLUGINS'];
const passedOn = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.includes(name)));

function run(folder: string, command: string, ...options: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, options, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    // Nx tells its children where its workspace is; these must work elsewhere.
    env: { ...passedOn, NX_DAEMON: 'false' },
  });
  if (status !== 0) {
    throw new Error(`${command} ${options.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  }
  return stdout;
}
