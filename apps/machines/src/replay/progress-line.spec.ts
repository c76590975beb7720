import { describe, expect, it } from '@jest/globals';
import { ProgressLine } from './progress-line.ts';

function lineOn(isTTY: boolean) {
  const output = { isTTY, columns: 60, text: '', write: (text: string) => (output.text += text) };
  const clock = { nowMs: 0 };
  return { output, clock, line: new ProgressLine(output, () => clock.nowMs) };
}

describe('progress line', () => {
  it('redraws one bar on a terminal, not more often than an eye can follow', () => {
    const { output, clock, line } = lineOn(true);
    for (clock.nowMs = 0; clock.nowMs < 250; clock.nowMs += 10) {
      line.show(clock.nowMs / 250, 'rows');
    }
    line.end();
    const drawn = output.text.split('\r\u001b[K').filter(Boolean);
    expect(drawn).toEqual([
      `[${'.'.repeat(30)}]   0 %  rows`,
      `[${'#'.repeat(12)}${'.'.repeat(18)}]  40 %  rows`,
      `[${'#'.repeat(24)}${'.'.repeat(6)}]  80 %  rows`,
    ]);
    expect(output.text).not.toContain('\n');
  });

  it('keeps within the width of the terminal', () => {
    const { output, line } = lineOn(true);
    line.show(0.5, 'x'.repeat(200));
    expect(output.text.length - '\r\u001b[K'.length).toBe(59);
  });

  it('prints plain lines elsewhere, one in five seconds', () => {
    const { output, clock, line } = lineOn(false);
    for (clock.nowMs = 0; clock.nowMs <= 11_000; clock.nowMs += 100) {
      line.show(clock.nowMs / 20_000, 'rows');
    }
    line.end();
    expect(output.text).toBe(' 25 %  rows\n 50 %  rows\n');
  });

  it('puts messages on lines of their own', () => {
    const { output, line } = lineOn(true);
    line.show(0, 'rows');
    line.print('line 7: bad');
    expect(output.text.endsWith('\r\u001b[Kline 7: bad\n')).toBe(true);
  });
});
