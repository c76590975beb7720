import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';

/** Tests the frame from outside, as a process with output and an exit code. */
interface Service {
  readonly process: ChildProcess;
  readonly url: Promise<string>;
  readonly exited: Promise<number | null>;
  output(): string;
  seen(text: string): Promise<void>;
}

/** What a process needs to start; no setting of the tests' own reaches it. */
const KEPT = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE'].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
);
/** Longer than any machine takes to ask in the meantime. */
const PATIENT = { DRAIN_TIMEOUT_MS: '120000' };
const FIXTURE = fileURLToPath(new URL('./fixture', import.meta.url));
const started: ChildProcess[] = [];
/** As applications are built: it is started so often that a process with a thousand modules would cost more. */
beforeAll(() => {
  const bundle = fileURLToPath(new URL('../../../tools/bundle.mjs', import.meta.url));
  const built = spawnSync(process.execPath, [bundle, 'main'], { cwd: FIXTURE, encoding: 'utf8' });
  expect(built).toMatchObject({ status: 0 });
});
afterEach(() => {
  for (const child of started.splice(0)) {
    child.kill('SIGKILL');
  }
});

function run(fixture: string, env: Record<string, string> = {}): Service {
  const child = spawn(process.execPath, [`${FIXTURE}/dist/main.js`], {
    env: { ...KEPT, PORT: '0', FIXTURE: fixture, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  const listeners = new Set<() => void>();
  const onData = (data: Buffer): void => {
    output += String(data);
    for (const listener of listeners) {
      listener();
    }
  };
  child.stdout?.on('data', onData);
  child.stderr?.on('data', onData);
  const seen = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${text} not seen in: ${output}`)), 60_000);
      const look = (): void => {
        if (!output.includes(text)) {
          return;
        }
        clearTimeout(timer);
        listeners.delete(look);
        resolve();
      };
      timer.unref();
      listeners.add(look);
      look();
    });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const url = seen('is listening on').then(() => /"url":"([^"]+)"/.exec(output)?.[1] ?? '');
  url.catch(() => undefined);
  return { process: child, url, exited, output: () => output, seen };
}

describe('runService', () => {
  it('serves health and metrics, and drains in order on SIGTERM', async () => {
    const service = run('');
    const url = await service.url;
    const live = await fetch(`${url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'up', checks: {} }]);
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'up', checks: { lifecycle: { state: 'up' } } }]);
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toMatch(/process_resident_memory_bytes\{service="fixture",instance="[^"]+"\} \d+/);

    service.process.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(service.output().match(/drained \w+/g)).toEqual(['drained intake', 'drained work', 'drained connections']);
    expect(service.output()).toContain('service_stopped');
    // The heap may double, which is set once Node's own modules are loaded.
    expect(service.output()).toContain('flags of V8 changed');
    expect(service.output().match(/"level":"info"/g)?.length).toBeLessThanOrEqual(3);
  });

  it('answers 503 with the reason when an indicator is red', async () => {
    const url = await run('red').url;
    const live = await fetch(`${url}/health/live`);
    expect([live.status, await live.json()]).toEqual([
      503,
      { status: 'down', checks: { progress: { state: 'down', reason: 'no progress' } } },
    ]);
  });

  it('turns readiness red while it drains, and exits at once on a second signal', async () => {
    const service = run('hang', PATIENT);
    const url = await service.url;
    service.process.kill('SIGTERM');
    await service.seen('drained intake');
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({
      status: 'down',
      checks: { lifecycle: { reason: 'the service is stopping' } },
    });
    service.process.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    // The process does not wait for stages after the part that hangs.
    expect(service.output()).not.toContain('drained connections');
  });

  it('ends with 1 within the deadline when a part hangs, after the other parts', async () => {
    const service = run('hang');
    await service.url;
    service.process.kill('SIGINT');
    expect(await service.exited).toBe(1);
    expect(service.output()).toContain('drain_failed');
    expect(service.output()).toContain('drained connections');
  });

  it('exits on SIGTERM during start-up', async () => {
    const service = run('slow-start');
    await service.seen('starting');
    service.process.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(service.output()).not.toContain('is listening');
  });

  it('continues to drain after a part that fails', async () => {
    const service = run('failing-drain');
    await service.url;
    service.process.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    expect(service.output()).toContain('cannot drain');
    expect(service.output()).toContain('drained connections');
  });

  it.each(['fatal-drain', 'rejection-drain'])(
    'ends with 1 after a fatal error while it drains: %s',
    async (fixture) => {
      const service = run(fixture);
      await service.url;
      service.process.kill('SIGTERM');
      expect(await service.exited).toBe(1);
      expect(service.output().match(/process_failed/g)).toHaveLength(1);
      expect(service.output()).toContain('drained connections');
    },
  );

  it.each([
    ['fatal', 'broken beyond repair'],
    ['rejection', 'nobody listens'],
    ['exception', 'nobody catches'],
  ])('logs a %s once, drains, and ends with 1', async (fixture, message) => {
    const service = run(fixture);
    expect(await service.exited).toBe(1);
    expect(service.output().match(/process_failed/g)).toHaveLength(1);
    expect(service.output()).toContain(message);
    expect(service.output()).toContain('drained connections');
  });

  it('refuses a bad configuration by name, on standard error, with 1', async () => {
    const service = run('', { PORT: 'secret-value', LOG_LEVEL: 'loud' });
    expect(await service.exited).toBe(1);
    expect(service.output()).toContain('PORT is not valid');
    expect(service.output()).toContain('LOG_LEVEL is not valid');
    expect(service.output()).not.toContain('secret-value');
  });

  it('says which port is taken and ends with 1', async () => {
    const port = new URL(await run('').url).port;
    const second = run('', { PORT: port });
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('start_failed');
    expect(second.output()).toContain('EADDRINUSE');
  });
});
