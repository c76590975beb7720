/** A system for one run of a command. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type StackFolder, stackFolder } from '../../devstack/layout.ts';
import { type SystemOptions, SystemUnderTest } from './system.ts';

/**
 * Starts a fresh system in `home` for the work, and leaves only its logs; those of the run before go first.
 *
 * @param prepare gives what its start needs beyond the usual
 */
export async function onFreshSystem<Result>(
  { home, ...options }: Omit<SystemOptions, 'folder'> & { readonly home: string },
  work: (system: SystemUnderTest) => Promise<Result>,
  prepare?: (folder: StackFolder) => Promise<Partial<SystemOptions> | undefined>,
): Promise<Result> {
  const { report } = options;
  const before = stackFolder(home);
  await SystemUnderTest.remove(before, report, undefined);
  for (const name of readdirSync(before.run).filter((file) => /\.(log|ndjson)$/.test(file))) {
    rmSync(path.join(before.run, name));
  }
  // Makes the folders again that were removed.
  const folder = stackFolder(home);
  let system: SystemUnderTest | undefined;
  try {
    system = await SystemUnderTest.start({ ...options, folder, ...(await prepare?.(folder)) });
    return await work(system);
  } finally {
    await SystemUnderTest.remove(folder, report, system);
  }
}
