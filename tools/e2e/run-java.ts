import { tmpdir } from 'node:os';
import { cacheFolder } from '../devstack/layout.ts';
import { runCommand } from '../devstack/processes/run-command.ts';
import { COMPILE_LITTLE, javaProgram, provideKafka } from '../devstack/servers/kafka.ts';

/** Runs a Java program from its source, with the client of the broker's version. @returns what it prints */
export async function runJava(source: string, variables: Record<string, string>): Promise<string> {
  const { jars, classes } = await provideKafka(cacheFolder(), tmpdir(), () => {}, new AbortController().signal);
  const args = [COMPILE_LITTLE, ...classes, '-cp', `${jars}/*`, source];
  const { stdout } = await runCommand(javaProgram(), args, {
    env: { ...process.env, ...variables },
    onFailure: `read ${source}`,
  });
  return stdout;
}
