/** docs/adr/README.md: the index of decisions, generated from their files. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FILE = /^(\d{4})-[a-z0-9-]+\.md$/;

interface Decision {
  readonly number: string;
  readonly file: string;
  readonly title: string;
  readonly status: string;
}

/** @throws when a file has no number, title or status, or a number is taken twice */
function readDecisions(folder: string): Decision[] {
  const decisions = globSync('*.md', { cwd: folder })
    .filter((file) => file !== 'README.md')
    .sort()
    .map((file): Decision => {
      const text = readFileSync(path.join(folder, file), 'utf8');
      const number = FILE.exec(file)?.[1];
      const title = /^# (.+)$/m.exec(text)?.[1];
      const status = /^Status: (.+)$/m.exec(text)?.[1];
      if (number === undefined || title === undefined || status === undefined) {
        throw new Error(`docs/adr/${file}: a decision needs a name NNNN-title.md, a "# title" and a line "Status: …"`);
      }
      return { number, file, title, status };
    });
  const twice = decisions.find(({ number }, i) => decisions[i + 1]?.number === number);
  if (twice) {
    throw new Error(`docs/adr: the number ${twice.number} is taken twice`);
  }
  return decisions;
}

export function decisionIndex(folder: string): string {
  return `# Decisions

Each page records one decision that may surprise: its context, the decision, and its consequences. A superseded decision
keeps its page and names its successor in its status. Numbers are never reused; a missing number was never published.

To add one: take the next number, name the file \`NNNN-title-in-words.md\`, begin with \`# Title\` and \`Status: accepted\`,
keep it to one screen, then run \`npm run docs\`.

| | decision | status |
|---|---|---|
${readDecisions(folder)
  .map(({ number, file, title, status }) => `| ${number} | [${title}](${file}) | ${status} |`)
  .join('\n')}
`;
}
