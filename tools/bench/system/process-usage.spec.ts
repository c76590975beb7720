import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { cpuSeconds, cpuTicksOf } from './process-usage.ts';

describe('cpuTicksOf', () => {
  it('counts children that have ended, whatever the process is called', () => {
    const stat = '42 (a (strange) name) S 7 42 42 0 -1 4194560 1 2 3 4 250 50 100 25 20 0 11 0 1 2 3';
    expect(cpuTicksOf(stat)).toBe(425);
  });
});

describe('cpuSeconds', () => {
  it('never goes back while children end, neither missing them nor counting them twice', async () => {
    // Others stand between the parent and those that end, so that many end after the one was read and before the other.
    const idle = 'exec 3<&0; i=0; while [ $i -lt 150 ]; do (read end <&3) & i=$((i+1)); done';
    const burn = '(j=0; while [ $j -lt 10000 ]; do j=$((j+1)); done)';
    const tree = spawn('sh', ['-c', `${idle}; i=0; while [ $i -lt 20 ]; do ${burn}; i=$((i+1)); done; echo; read end`]);
    const pids = { tree: [tree.pid as number] };
    const looks: number[] = [];
    const ended = once(tree, 'close');
    let areGone = false;
    tree.stdout.once('data', () => (areGone = true));
    while (!areGone) {
      looks.push(cpuSeconds(pids).tree);
      await new Promise((resolve) => setImmediate(resolve));
    }
    tree.stdin.end();
    tree.kill();
    await ended;
    expect(looks).toEqual(looks.toSorted((a, b) => a - b));
    expect(looks.at(-1)).toBeGreaterThan(0);
  });
});
