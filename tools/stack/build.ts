/** Builds the workspace through nx, whose cache makes it a matter of a second when nothing has changed. */
import path from 'node:path';
import { repositoryRoot } from './layout.ts';
import type { Report } from './progress.ts';
import { runCommand } from './run-command.ts';

export const nx = path.join(repositoryRoot, 'node_modules', '.bin', 'nx');

export async function buildWorkspace(report: Report, signal: AbortSignal): Promise<void> {
  report('build', 'building the services');
  await runCommand(nx, ['run-many', '-t', 'build', '--outputStyle=static'], {
    cwd: repositoryRoot,
    signal,
    onFailure: 'mend the source that does not build, then try again',
  });
  report('build', 'done');
}
