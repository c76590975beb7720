import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { PortPicker, portsAnywhere } from './ports.ts';

const PICK = `
  const { PortPicker } = await import(process.argv[1]);
  process.stdout.write(String(await new PortPicker(() => {}).pick('test', Number(process.argv[2]))));
  setInterval(() => {}, 1_000);
`;

it('two processes choose different ports, although no server listens there yet', async () => {
  const preferred = portsAnywhere().services;
  const ports = path.join(import.meta.dirname, 'ports.ts');
  const other = spawn(process.execPath, ['--input-type=module', '-e', PICK, ports, String(preferred)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [text] = (await once(other.stdout, 'data')) as [Buffer];
    const theirs = Number(text.toString());
    const picker = new PortPicker(() => {});
    const ours = [await picker.pick('test', theirs), await picker.pick('test', theirs)];
    expect(theirs).toBeGreaterThanOrEqual(preferred);
    expect(new Set([theirs, ...ours]).size).toBe(3);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await picker.pick('test', theirs)).toBe(theirs);
    // Another picker of this process, as of a restart.
    expect(await new PortPicker(() => {}).pick('test', theirs)).toBe(theirs);
  } finally {
    other.kill('SIGKILL');
  }
});
