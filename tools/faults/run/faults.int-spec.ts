/**
 * Six fast faults on a stack of its own; the long runs are done by hand (docs/reliability.md). How soon committing
 * resumes depends on what else the machine does: only a run by hand judges that.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const SCRIPT = fileURLToPath(new URL('./faults.ts', import.meta.url));
/** Events that every fault meets in each partition; five times as many would only take the processors from other tests. */
const RATE = '300';

function runShort(): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SCRIPT, '--short', '--resume-within', '120', '--rate', RATE], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('the pipeline under faults', () => {
  it('loses nothing and applies nothing twice through six fast ones', async () => {
    const { code, output } = await runShort();
    // The output names the seed and the differences: it is what one needs to see when this fails.
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('6 faults') });
    expect(output).toContain('0 lost, 0 duplicated');
  }, 600_000);
});
