/** The profile "observe" of Compose without containers: its programs read what it gives them. */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, waitFor } from '@chip/testing';
import pg from 'pg';
import { parse } from 'yaml';
import { REPOSITORY_ROOT } from '../devstack/layout.ts';
import { providePrograms, type Programs } from './programs.ts';

const run = promisify(execFile);
const inMonitoring = (name: string): string => path.join(REPOSITORY_ROOT, 'monitoring', name);

describe('what Compose gives to', () => {
  let programs: Programs;
  let folder: string;
  beforeAll(async () => {
    programs = await providePrograms(() => {}, AbortSignal.timeout(300_000));
    folder = mkdtempSync(path.join(tmpdir(), 'chip-watchers-'));
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('Prometheus is a configuration with its rules beside it', async () => {
    const { stdout } = await run(programs.promtool, ['check', 'config', inMonitoring('prometheus.yaml')]);
    expect(stdout).toMatch(/SUCCESS: .*prometheus\.yaml is valid prometheus config file/);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('the Alertmanager is a configuration', async () => {
    const amtool = path.join(path.dirname(programs.alertmanager), 'amtool');
    const { stdout } = await run(amtool, ['check-config', inMonitoring('alertmanager.yaml')]);
    expect(stdout).toContain('SUCCESS');
  });

  it('PgBouncer lets a reader in, and nobody without a password', async () => {
    const reader = new URL(process.env['READER_DATABASE_URL']!);
    const port = await freePort();
    const users = path.join(folder, 'users.txt');
    writeFileSync(users, `"${reader.username}" "${decodeURIComponent(reader.password)}"\n`);
    const file = path.join(folder, 'pgbouncer.ini');
    const compose = parse(readFileSync(path.join(REPOSITORY_ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
      configs: { pgbouncer: { content: string } };
    };
    const text = compose.configs.pgbouncer.content;
    writeFileSync(
      file,
      text
        .replace(
          'host=timescaledb port=5432',
          `host=${reader.hostname} port=${reader.port} dbname=${reader.pathname.slice(1)}`,
        )
        .replace('listen_addr = 0.0.0.0', 'listen_addr = 127.0.0.1')
        .replace('listen_port = 6432', `listen_port = ${port}`)
        .replace('/tmp/users.txt', users),
    );
    // PgBouncer refuses to run as root and changes to another user, who must be able to read these.
    chmodSync(folder, 0o755);
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    const bouncer = spawn(`${process.env['PG_BIN']}/pgbouncer`, ['-q', ...user, file], { stdio: 'ignore' });
    const connect = async (password: string): Promise<string> => {
      const url = new URL(reader);
      url.host = `127.0.0.1:${port}`;
      url.pathname = 'chip_quality';
      url.password = password;
      const client = new pg.Client({ connectionString: url.href });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.query<{ role: string }>('SELECT current_user AS role')).rows[0]!.role;
      } catch (error) {
        return (error as Error).message || String((error as { code?: string }).code);
      } finally {
        await client.end().catch(() => undefined);
      }
    };
    try {
      await waitFor(
        () => connect(reader.password),
        (answer) => answer === 'chip_reader',
      );
      expect(await connect('wrong')).toMatch(/SASL|password/);
    } finally {
      bouncer.kill('SIGKILL');
    }
  });
});
