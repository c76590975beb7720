/**
 * Checks commit messages against commitlint.config.mjs.
 *
 *   node tools/commits/check.ts <file>   the message of a commit in progress: the commit-msg hook
 *   node tools/commits/check.ts          every commit of this branch since the first conventional one: npm test
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readHistory, sinceFirstConventional } from './history.ts';
import { problemsOf } from './message.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The hook requires a body and its width. Once published, a missing body must not fail everyone's tests. */
const IS_OF_BODY = /\(body-[a-z-]+\)$/;
const HELP = 'Form: "type(scope): subject", at most 72 characters, then a body that says why. See CONTRIBUTING.md.';

async function main(file: string | undefined): Promise<number> {
  const history = file === undefined ? readHistory(ROOT) : undefined;
  if (file === undefined && history === undefined) {
    console.log('commit messages not checked: this folder has no git history');
    return 0;
  }
  const messages = history
    ? sinceFirstConventional(history)
    : [{ id: 'this commit', text: readFileSync(path.resolve(file!), 'utf8') }];
  let failed = 0;
  for (const { id, text } of messages) {
    const problems = (await problemsOf(text, ROOT)).filter((problem) => !history || !IS_OF_BODY.test(problem));
    if (problems.length > 0) {
      failed += 1;
      console.error(`${id.slice(0, 11)}  ${text.split('\n', 1)[0]}`);
      problems.forEach((problem) => console.error(`  ${problem}`));
    }
  }
  if (failed > 0) {
    console.error(HELP);
    return 1;
  }
  if (history) {
    console.log(`${messages.length} commit messages checked`);
  }
  return 0;
}

process.exitCode = await main(process.argv[2]);
