import { describe, expect, it } from '@jest/globals';
import pino from 'pino';
import { Lifecycle } from './lifecycle.ts';

const setup = () => {
  const lines: Record<string, unknown>[] = [];
  const ends: unknown[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const lifecycle: Lifecycle = new Lifecycle(logger, () => ends.push(lifecycle.failure?.message));
  return { lines, ends, lifecycle };
};
const never = new AbortController().signal;

describe('Lifecycle', () => {
  it('runs a stage in the order of registration, one after the other', async () => {
    const { lifecycle } = setup();
    const steps: string[] = [];
    lifecycle.onDrain('work', 'flush', async () => {
      steps.push('flush begins');
      await new Promise((resolve) => setTimeout(resolve, 20));
      steps.push('flush ends');
    });
    lifecycle.onDrain('work', 'fold', () => void steps.push('fold'));
    lifecycle.onDrain('intake', 'kafka', () => void steps.push('kafka'));
    await lifecycle.run('work', never, () => 1_000);
    expect(steps).toEqual(['flush begins', 'flush ends', 'fold']);
  });

  it('continues after a part that fails or hangs, and names it', async () => {
    const { lifecycle, lines } = setup();
    let isReached = false;
    lifecycle.onDrain('work', 'failing', () => Promise.reject(new Error('x')));
    lifecycle.onDrain('work', 'hanging', () => new Promise(() => undefined));
    lifecycle.onDrain('work', 'last', () => void (isReached = true));
    await lifecycle.run('work', never, () => 30);
    expect(isReached).toBe(true);
    expect(lines.map(({ part, stage, msg }) => [part, stage, msg])).toEqual([
      ['failing', 'work', 'drain_failed'],
      ['hanging', 'work', 'drain_failed'],
    ]);
  });

  it('logs the first fatal error once and ends the process; ignores its consequences', () => {
    const { lifecycle, lines, ends } = setup();
    lifecycle.fatal(new Error('the cause'));
    lifecycle.fatal(new Error('a consequence'));
    expect(ends).toEqual(['the cause']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 60,
      code: 'unexpected',
      msg: 'process_failed',
      err: { message: expect.stringContaining('the cause') },
    });
    expect(lifecycle.failure?.message).toBe('the cause');
  });
});
