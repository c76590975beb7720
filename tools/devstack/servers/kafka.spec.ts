import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { javaMajor, kafkaHome, prepareKafka } from './kafka.ts';

it.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_292"', 8],
  ['openjdk version "25-ea" 2025-09-16', 25],
  ['something else', undefined],
])('reads the version from %s', (text, major) => {
  expect(javaMajor(text)).toBe(major);
});

it('keeps its data in the checkout, whatever letters its path has', async () => {
  const data = mkdtempSync(path.join(os.tmpdir(), 'chip-fäb \\'));
  try {
    const stack = { data, run: data };
    const home = kafkaHome(stack, 'kafka-1');
    // Formatted already.
    mkdirSync(path.join(home, 'log'), { recursive: true });
    writeFileSync(path.join(home, 'log', 'meta.properties'), '');
    const node = { name: 'kafka-1', id: 1, cluster: [{ broker: 1, controller: 2 }], isDurable: true };
    const { env } = await prepareKafka({ jars: 'jars', classes: [] }, stack, node, AbortSignal.timeout(60_000));
    const [, folder = ''] =
      /^log\.dirs=(.*)$/m.exec(readFileSync(path.join(home, 'server.properties'), 'latin1')) ?? [];
    expect(JSON.parse(`"${folder}"`)).toBe(path.join(home, 'log'));
    expect(env['LC_ALL']).toBe('C.UTF-8');
  } finally {
    rmSync(data, { recursive: true });
  }
});
