/** The fenced `sh` blocks of the documentation, as commands. */

export interface Example {
  readonly page: string;
  /** Line of the command in the page, from 1. */
  readonly line: number;
  /** Continuation lines joined, without a trailing comment. */
  readonly command: string;
  /** Why the test cannot run it: the text after "not run:" behind the opening fence. */
  readonly notRun: string | undefined;
}

const FENCE = /^ *```(.*)$/;

/** @throws when a block is neither runnable nor says why */
export function shellExamples(page: string, text: string): Example[] {
  const examples: Example[] = [];
  let block: { notRun: string | undefined } | undefined;
  let isOther = false;
  let open = '';
  text.split('\n').forEach((content, index) => {
    const info = FENCE.exec(content)?.[1];
    if (info !== undefined) {
      if (block || isOther) {
        block = undefined;
        isOther = false;
      } else if (/^sh\b/.test(info)) {
        block = { notRun: reasonOf(page, index + 1, info) };
      } else {
        isOther = true;
      }
      return;
    }
    const line = content.trim();
    if (!block || line === '' || line.startsWith('#')) {
      return;
    }
    open += line.replace(/\\$/, '');
    if (!line.endsWith('\\')) {
      examples.push({ page, line: index + 1, command: withoutComment(open), notRun: block.notRun });
      open = '';
    }
  });
  return examples;
}

function reasonOf(page: string, line: number, info: string): string | undefined {
  if (info.trim() === 'sh') {
    return undefined;
  }
  const reason = /^sh not run: (.{10,})$/.exec(info)?.[1];
  if (reason === undefined) {
    throw new Error(`${page}:${line}: expected "sh" or "sh not run: <reason>", got "${info}"`);
  }
  return reason;
}

/** A comment begins at a # after at least two blanks: in quotes and addresses a # has no blanks before it. */
const withoutComment = (line: string): string => line.replace(/ {2,}#.*$/, '').trim();

/** The arguments of chip for "npx chip <command> …" and "npm run <command> -- …"; undefined for anything else. */
export function chipArguments(command: string, commands: ReadonlySet<string>): string | undefined {
  const [, name, rest = ''] = /^(?:npx chip|npm run(?: -s)?) ([a-z]+)(?: --(?= |$))?(.*)$/.exec(command) ?? [];
  return name !== undefined && commands.has(name) ? `${name}${rest}` : undefined;
}

/** The fenced blocks of a page in the given language, whole, each with the line of its fence. */
export const programs = (text: string, language: string): { line: number; source: string }[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(({ index, 1: source }) => ({
    line: text.slice(0, index).split('\n').length,
    source: source!,
  }));
