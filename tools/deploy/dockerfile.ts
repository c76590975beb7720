/**
 * Reads a Dockerfile and a .dockerignore as far as ours use them; refuses what it does not understand, never skips it.
 */
export interface Instruction {
  readonly keyword: string;
  /** `--from=build` as `{ from: 'build' }`. */
  readonly flags: Readonly<Record<string, string>>;
  /** Without the flags. */
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** An earlier stage or an image. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

const KEYWORDS = new Set('FROM ARG ENV WORKDIR COPY RUN USER EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD'.split(' '));

export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const instruction = parseInstruction(line);
    if (instruction.keyword === 'FROM') {
      const [, from, name] = /^(\S+) AS (\S+)$/.exec(instruction.text) ?? [];
      if (!from || !name) {
        throw new Error(`not "FROM image AS name": ${line}`);
      }
      stages.push({ name, from, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (!stage) {
        throw new Error(`before the first FROM: ${line}`);
      }
      stage.instructions.push(instruction);
    }
  }
  return stages;
}

function parseInstruction(line: string): Instruction {
  const [, keyword = '', given = '', text = ''] = /^([A-Z]+)((?:\s+--[a-z-]+=\S+)*)\s+(.*)$/.exec(line) ?? [];
  if (!KEYWORDS.has(keyword)) {
    throw new Error(`not understood: ${line}`);
  }
  const flags = Object.fromEntries(
    [...given.matchAll(/--([a-z-]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
  return { keyword, flags, text: text.trim() };
}

/** The last instruction of this kind, the only one that counts. */
export function lastOf(stage: Stage, keyword: string): string | undefined {
  return stage.instructions.findLast((instruction) => instruction.keyword === keyword)?.text;
}

/** `["node", "main.js"]`; undefined for the form that starts a shell. */
export function execForm(text: string | undefined): string[] | undefined {
  return text?.startsWith('[') ? (JSON.parse(text) as string[]) : undefined;
}

/**
 * Whether a file (relative path) is part of the build context. The last pattern that matches it or a folder above
 * decides.
 */
export function contextFilter(dockerignore: string): (file: string) => boolean {
  const rules = dockerignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isException: line.startsWith('!'), pattern: globPattern(line.replace(/^!/, '')) }));
  return (file) => {
    const folders = file.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const rule = rules.findLast(({ pattern }) => folders.some((folder) => pattern.test(folder)));
    return rule === undefined || rule.isException;
  };
}

/** As Docker reads it: `*` stays within one name and includes hidden files, `**` crosses folders. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^$()|[\]{}\\]/g, '\\$&')
    .replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(.*/)?'));
  return new RegExp(`^${source}$`);
}
