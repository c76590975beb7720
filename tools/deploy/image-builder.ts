/**
 * Executes a Dockerfile's build in plain folders, without a container engine: a stage is a folder that represents the
 * image's root, COPY copies, RUN runs. It proves that the steps work on the content of the context, and what the result
 * contains; it proves nothing about a base image.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../devstack/processes/run-command.ts';
import { contextFilter, execForm, lastOf, parseDockerfile, type Instruction, type Stage } from './dockerfile.ts';

export interface Image {
  /** Represents `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number };
}

interface Built {
  readonly root: string;
  workdir: string;
  readonly env: Record<string, string>;
}

/** A build sees only the variables that lead to packages and to code compiled before; a container would see less yet. */
const PASSED_ON =
  /^(PATH|HOME|NODE_COMPILE_CACHE|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|npm_config_(registry|userconfig|globalconfig|cache|cafile|.*proxy))$/i;

/**
 * The checkout was installed this way, so its packages are what this step would bring; running it takes a minute. Such a
 * step with more options starts from there: npm removes what it leaves out.
 */
const INSTALL_EVERYTHING = 'npm install --no-save';

/** Never part of a context, and too large to walk. */
const NOT_WALKED = new Set(['.git', '.local', '.nx', 'node_modules', 'dist']);

export class ImageBuilder {
  readonly #context: string;
  readonly #folder: string;
  readonly #stages: Stage[];
  readonly #isInContext: (file: string) => boolean;
  readonly #built = new Map<string, Promise<Built>>();

  /** @param folder an empty folder, in which everything is built */
  constructor(context: string, folder: string, dockerfile: string, dockerignore: string) {
    this.#context = context;
    this.#folder = folder;
    this.#stages = parseDockerfile(dockerfile);
    this.#isInContext = contextFilter(dockerignore);
    mkdirSync(path.join(folder, 'bin'));
    // The image's own Node: another user must be able to start it, wherever the checkout is.
    cpSync(process.execPath, path.join(folder, 'bin', 'node'), { dereference: true });
    chmodSync(path.join(folder, 'bin', 'node'), 0o755);
  }

  async build(app: string): Promise<Image> {
    const last = this.#stages.at(-1) as Stage;
    const { root, workdir, env } = await this.#stage(last.name, app);
    const [uid, gid] = (lastOf(last, 'USER') ?? '').split(':').map(Number);
    return {
      root,
      workdir: path.join(root, workdir),
      env,
      entrypoint: execForm(lastOf(last, 'ENTRYPOINT')) ?? [],
      command: execForm(lastOf(last, 'CMD')) ?? [],
      healthcheck: execForm(lastOf(last, 'HEALTHCHECK')?.replace(/^.*?CMD\s+/, '')) ?? [],
      user: { uid: uid ?? NaN, gid: gid ?? NaN },
    };
  }

  /** Runs a command line in an image as its user, without this process's environment. */
  run({ root, workdir, env, user }: Image, command: readonly string[], given: Readonly<Record<string, string>>) {
    const [program = '', ...args] = command.map((part) =>
      /^\/(app|usr\/local\/bin)\//.test(part) ? path.join(root, part) : part,
    );
    return spawn(program, args, {
      cwd: workdir,
      env: { ...env, ...given, PATH: path.join(this.#folder, 'bin') },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(process.getuid?.() === 0 ? user : {}),
    });
  }

  #stage(name: string, app: string): Promise<Built> {
    const key = this.#dependsOnApp(name) ? `${name}-${app}` : name;
    const started = this.#built.get(key) ?? this.#carryOut(this.#find(name), key, app);
    this.#built.set(key, started);
    return started;
  }

  #find(name: string): Stage {
    const stage = this.#stages.find((candidate) => candidate.name === name);
    if (!stage) {
      throw new Error(`there is no stage ${name}`);
    }
    return stage;
  }

  #dependsOnApp(name: string): boolean {
    const stage = this.#stages.find((candidate) => candidate.name === name);
    return (
      stage?.instructions.some(
        ({ keyword, text, flags }) =>
          (keyword === 'ARG' && text === 'APP') || (flags['from'] !== undefined && this.#dependsOnApp(flags['from'])),
      ) === true ||
      (stage !== undefined && this.#dependsOnApp(stage.from))
    );
  }

  async #carryOut(stage: Stage, key: string, app: string): Promise<Built> {
    const root = path.join(this.#folder, key);
    const parent = this.#stages.some(({ name }) => name === stage.from)
      ? await this.#stage(stage.from, app)
      : undefined;
    mkdirSync(root);
    const built: Built = { root, workdir: parent?.workdir ?? '/', env: { ...parent?.env } };
    if (parent) {
      await copyLinked(`${parent.root}/.`, root);
    }
    for (const instruction of stage.instructions) {
      await this.#carryOutOne(instruction, built, app);
    }
    return built;
  }

  async #carryOutOne({ keyword, flags, text }: Instruction, built: Built, app: string): Promise<void> {
    const inside = (target: string) => path.join(built.root, path.resolve(built.workdir, target));
    if (keyword === 'WORKDIR') {
      built.workdir = path.resolve(built.workdir, text.replace('$APP', app));
      mkdirSync(inside('.'), { recursive: true });
    } else if (keyword === 'ENV') {
      const [name = '', value = ''] = text.split('=');
      built.env[name] = value;
    } else if (keyword === 'COPY') {
      const words = text.split(/\s+/);
      const target = words.pop() ?? '';
      for (const source of words) {
        const from = flags['from'];
        if (from === undefined) {
          this.#copyFromContext(source, inside(target), target.endsWith('/'));
        } else {
          await copyStage(path.join((await this.#stage(from, app)).root, source), inside(target));
        }
      }
    } else if (keyword === 'RUN') {
      await this.#runStep(text, inside('.'), { ...built.env, APP: app });
    }
  }

  async #runStep(text: string, cwd: string, env: Record<string, string>): Promise<void> {
    const installed = path.join(this.#context, 'node_modules');
    if (text === INSTALL_EVERYTHING) {
      linkPackages(installed, path.join(cwd, 'node_modules'));
      return;
    }
    if (text.startsWith(INSTALL_EVERYTHING)) {
      await copyLinked(installed, cwd);
      // The one file that npm writes in place.
      const list = '.package-lock.json';
      rmSync(path.join(cwd, 'node_modules', list));
      cpSync(path.join(installed, list), path.join(cwd, 'node_modules', list));
    }
    const passedOn = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name)));
    await runCommand('sh', ['-c', text], {
      cwd,
      // npm's cache has everything that the checkout was installed from.
      env: {
        npm_config_prefer_offline: 'true',
        ...passedOn,
        ...env,
        PATH: `${path.join(this.#folder, 'bin')}:${process.env['PATH']}`,
      },
      onFailure: `look at the step "${text}" of the Dockerfile`,
    });
  }

  #copyFromContext(source: string, target: string, isIntoFolder: boolean): void {
    const from = path.join(this.#context, source);
    const isFolder = statSync(from).isDirectory();
    const files = isFolder ? this.#filesBelow(source) : [path.normalize(source)].filter(this.#isInContext);
    if (files.length === 0) {
      throw new Error(`COPY ${source}: the context contains nothing of it`);
    }
    for (const file of files) {
      const to = isFolder
        ? path.join(target, path.relative(source, file))
        : isIntoFolder
          ? path.join(target, path.basename(file))
          : target;
      mkdirSync(path.dirname(to), { recursive: true });
      cpSync(path.join(this.#context, file), to);
    }
  }

  #filesBelow(folder: string): string[] {
    return readdirSync(path.join(this.#context, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        return NOT_WALKED.has(entry.name) ? [] : this.#filesBelow(name);
      }
      return this.#isInContext(name) ? [name] : [];
    });
  }
}

/** By one link for each package: the stages that follow copy the folder, which has 40,000 files. */
function linkPackages(installed: string, target: string): void {
  mkdirSync(target);
  for (const name of readdirSync(installed)) {
    if (name !== '@chip') {
      symlinkSync(path.join(installed, name), path.join(target, name));
    }
  }
  // The workspace's own packages are those of the image: these links are relative.
  cpSync(path.join(installed, '@chip'), path.join(target, '@chip'), { recursive: true, verbatimSymlinks: true });
}

/** COPY of a folder copies its content. */
async function copyStage(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true });
  await copyLinked(`${source}/.`, target);
}

/**
 * Links instead of copying if both are on one file system: node_modules has half a gigabyte, and no step changes a file
 * in place.
 */
async function copyLinked(source: string, target: string): Promise<void> {
  await runCommand('sh', ['-c', 'cp -al "$0" "$1" 2>/dev/null || cp -a "$0" "$1"', source, target], {
    onFailure: 'free some disk space',
  });
}
