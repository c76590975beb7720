import { CONTROL_RULES } from '@chip/quality';
import { describe, expect, it } from '@jest/globals';
import { EvaluateController } from './evaluate.controller.ts';

/** How often others got a turn of the event loop until `work` was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) {
      setImmediate(count);
    }
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
}

describe('a chart of 50,000 values by every rule', () => {
  it('lets others have a turn before it is computed and before it is written', async () => {
    const values = Array.from({ length: 50_000 }, (_, n) => Math.sin(n * n));
    let points = 0;
    const turns = await turnsDuring(async () => {
      const request = { chart: 'imr' as const, values, rules: [...CONTROL_RULES] };
      const chart = await new EvaluateController().evaluateChart(request);
      points = chart.location.points.length;
    });
    expect({ turns, points }).toEqual({ turns: 2, points: 50_000 });
  });

  it('is refused as a problem, not as a failure of the service', async () => {
    await expect(new EvaluateController().evaluateChart({ chart: 'imr' })).rejects.toMatchObject({
      status: 400,
      code: 'invalid_body',
    });
  });
});
