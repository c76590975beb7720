import { describe, expect, it } from '@jest/globals';
import { SharedRuns, type Turn } from './shared-answers.ts';

/** Callers in order, and what became of each. */
class Askers {
  readonly turns: (Turn<string> | undefined)[] = [];
  constructor(private readonly runs = new SharedRuns<string>()) {}

  async ask(key = 'same'): Promise<void> {
    const number = this.turns.push(undefined) - 1;
    void this.runs.join(key).then((turn) => (this.turns[number] = turn));
    await Promise.resolve();
    await Promise.resolve();
  }

  async end(number: number, answer: string | undefined): Promise<void> {
    this.turns[number]!.end(answer);
    await Promise.resolve();
    await Promise.resolve();
  }

  get state(): string[] {
    return this.turns.map((turn) => (turn === undefined ? 'waits' : (turn.answer ?? 'runs')));
  }
}

async function asked(...keys: string[]): Promise<Askers> {
  const askers = new Askers();
  for (const key of keys) {
    await askers.ask(key);
  }
  return askers;
}
const five = () => asked('same', 'same', 'same', 'same', 'same');

describe('those who ask for the same', () => {
  it('run two at a time, whatever others ask for', async () => {
    expect((await asked('a', 'a', 'b', 'a', 'b', 'b')).state).toEqual([
      'runs',
      'runs',
      'runs',
      'waits',
      'runs',
      'waits',
    ]);
  });

  it('share the next run, and get no answer of a run that began before they asked', async () => {
    const askers = await five();
    await askers.end(0, 'first');
    expect(askers.state).toEqual(['runs', 'runs', 'runs', 'waits', 'waits']);
    await askers.ask();
    await askers.end(1, 'second');
    // The sixth came when the run of the third had begun.
    expect(askers.state).toEqual(['runs', 'runs', 'runs', 'waits', 'waits', 'runs']);
    await askers.ask();
    await askers.end(2, 'third');
    expect(askers.state).toEqual(['runs', 'runs', 'runs', 'third', 'third', 'runs', 'runs']);
  });

  it('run themselves where the run that they share has no answer for them', async () => {
    const askers = await five();
    await askers.end(0, 'first');
    await askers.end(2, undefined);
    expect(askers.state).toEqual(['runs', 'runs', 'runs', 'runs', 'runs']);
    await askers.ask();
    // As many as may run: those who waited do not make room for others.
    expect(askers.state.at(-1)).toBe('waits');
    await askers.end(1, undefined);
    await askers.end(3, undefined);
    await askers.end(4, 'last');
    expect(askers.state.at(-1)).toBe('runs');
  });

  it('go on after a run that ends twice, or when all have ended', async () => {
    const askers = await five();
    await askers.end(0, 'first');
    await askers.end(0, undefined);
    await askers.end(0, 'again');
    expect(askers.state).toEqual(['runs', 'runs', 'runs', 'waits', 'waits']);
    await askers.end(1, undefined);
    await askers.end(2, 'third');
    await askers.ask();
    await askers.ask();
    await askers.ask();
    expect(askers.state).toEqual(['runs', 'runs', 'runs', 'third', 'third', 'runs', 'runs', 'waits']);
  });
});
