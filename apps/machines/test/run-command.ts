import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { requiredEnv } from '@chip/testing';

/** An entry of this project as a process of its own, from the build. */
export class RunningCommand {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  /** Of the process, and of everything that it wrote. */
  readonly #closed: Promise<unknown>;

  constructor(
    entry: 'main' | 'replay' | 'validate',
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    input: 'ignore' | 'pipe' = 'ignore',
  ) {
    const script = fileURLToPath(new URL(`../dist/${entry}.js`, import.meta.url));
    const { INIT_CWD: _, NODE_OPTIONS: __, ...inherited } = process.env;
    this.process = spawn(process.execPath, [script, ...args], {
      env: { ...inherited, KAFKA_BROKERS: requiredEnv('KAFKA_BROKERS'), ...env },
      stdio: [input, 'pipe', 'pipe'],
    });
    this.#closed = once(this.process, 'close');
    this.process.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  /** Exit code, once the process has ended and everything it wrote was read. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.process.exitCode;
  }

  /** Lines of JSON that the process logged with this message. */
  logged(message: string): Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['msg'] === message);
  }
}
