/** Builds the workspace through nx, whose cache makes an unchanged build take about a second. */
import path from 'node:path';
import { REPOSITORY_ROOT } from '../layout.ts';
import type { Report } from '../terminal/progress.ts';
import { runCommand } from '../processes/run-command.ts';

export const NX = path.join(REPOSITORY_ROOT, 'node_modules', '.bin', 'nx');

/** Skips the build when a test started the command. */
export async function buildServices(report: Report, signal: AbortSignal): Promise<void> {
  // Before it starts, a task of nx has everything built. A nested nx would remove each dist folder and restore it from
  // its cache while other tests run what is in it.
  if (process.env['NX_TASK_TARGET_TARGET'] !== undefined) {
    return;
  }
  await buildWorkspace(report, signal);
}

export async function buildWorkspace(report: Report, signal: AbortSignal): Promise<void> {
  report('build', 'building the services');
  await runCommand(NX, ['run-many', '-t', 'build', '--outputStyle=static'], {
    cwd: REPOSITORY_ROOT,
    signal,
    onFailure: 'fix the source that does not build, then try again',
  });
  report('build', 'done');
}
