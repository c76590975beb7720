/** Brings up only Kafka and PostgreSQL, for developers and tests: `servers.ts up|down [--dir D] [--wipe]`. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatEnv, readEnvFile, writeEnvFile } from '../env-file.ts';
import { repositoryRoot, stackFolder, type StackFolder } from '../layout.ts';
import { PortPicker } from '../processes/ports.ts';
import { runningPid } from '../processes/processes.ts';
import { reportTo } from '../terminal/progress.ts';
import { startServers, usualPorts } from '../servers/provision.ts';
import { endOnSignals } from '../processes/signals.ts';
import { describeFailure } from '../terminal/stack-error.ts';
import { sweep } from '../processes/sweep.ts';

const usage = `node tools/devstack/commands/servers.ts up|down [options]

Brings Kafka and PostgreSQL up in the background and prints their addresses as NAME=value lines, or takes them down.

  --dir D    folder for their data and logs (default .local/servers)
  --wipe     with down: delete the data too
`;

const report = reportTo((line) => console.error(line));

async function up(folder: StackFolder, signal: AbortSignal): Promise<void> {
  const envFile = path.join(folder.run, 'servers.env');
  const known = readEnvFile(envFile);
  if (known && ['kafka-1', 'postgres-1'].every((name) => runningPid(folder.run, name) !== undefined)) {
    process.stdout.write(formatEnv(known));
    return;
  }
  await sweep(folder.run, report);
  try {
    const ports = new PortPicker(report);
    const { started, env } = await startServers({
      folder,
      ports,
      firstPorts: usualPorts,
      isDurable: true,
      report,
      signal,
    });
    writeEnvFile(envFile, env);
    process.stdout.write(formatEnv(env));
    // They stay when this command ends.
    started.forEach((server) => server.process.unref());
  } catch (error) {
    await sweep(folder.run, report);
    throw error;
  }
}

async function down(folder: StackFolder, wipe: boolean): Promise<void> {
  await sweep(folder.run, report);
  rmSync(path.join(folder.run, 'servers.env'), { force: true });
  if (wipe) {
    rmSync(folder.data, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      dir: { type: 'string', default: '.local/servers' },
      wipe: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command] = positionals;
  if (values.help || (command !== 'up' && command !== 'down')) {
    process.stdout.write(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const folder = stackFolder(path.resolve(repositoryRoot, values.dir));
  const signal = endOnSignals(() => process.exit(1));
  await (command === 'up' ? up(folder, signal) : down(folder, values.wipe));
}

try {
  await main();
} catch (error) {
  console.error(describeFailure(error));
  process.exitCode = 1;
}
