import lint from '@commitlint/lint';
import load from '@commitlint/load';

const isComment = (line: string): boolean => line.startsWith('#');
/** What "git commit --verbose" puts below this line is not part of the message. */
const SCISSORS = /^# -+ >8 -+$/m;

/** The rules of a repository, read once for all of its messages: reading them takes longer than checking a message. */
const loaded = new Map<string, ReturnType<typeof load>>();

function rulesOf(root: string): ReturnType<typeof load> {
  const rules = loaded.get(root) ?? load({}, { cwd: root });
  loaded.set(root, rules);
  return rules;
}

/** The problems of a commit message, one line each. Merges and reverts by git pass unchanged. */
export async function problemsOf(message: string, root: string): Promise<string[]> {
  const { rules, parserPreset } = await rulesOf(root);
  const text = message
    .split(SCISSORS, 1)[0]!
    .split('\n')
    .filter((line) => !isComment(line))
    .join('\n');
  const { errors } = await lint(text, rules, { parserOpts: parserPreset?.parserOpts as object });
  return errors.map(({ name, message: reason }) => `${reason} (${name})`);
}
