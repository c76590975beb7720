import { describe, expect, it } from '@jest/globals';
import { AIAG_GAUGE_STUDY } from '../../test/reference-data.ts';
import { anovaStudy, averageRangeStudy, GaugeDesignError, type GaugeMeasurement } from './gauge-rr.ts';

const aiag: GaugeMeasurement[] = AIAG_GAUGE_STUDY.flatMap((trials, appraiser) =>
  trials.flatMap((parts, trial) =>
    parts.map((value, part) => ({ part: part + 1, appraiser: 'ABC'[appraiser]!, trial: trial + 1, value })),
  ),
);

describe('gauge R&R of the AIAG example', () => {
  it('by average and range', () => {
    const study = averageRangeStudy(aiag);
    // AIAG MSA, 4th edition, figure III-B 16, computed there from factors of four digits.
    expect(study.ev).toBeCloseTo(0.20188, 4);
    expect(study.av).toBeCloseTo(0.22963, 3);
    expect(study.grr).toBeCloseTo(0.30575, 3);
    expect(study.pv).toBeCloseTo(1.10456, 3);
    expect(study.tv).toBeCloseTo(1.1461, 3);
    expect(study.ndc).toBe(5);
    expect(study.percent_study.ev).toBeCloseTo(17.62, 1);
    expect(study.percent_study.av).toBeCloseTo(20.04, 1);
    expect(study.percent_study.grr).toBeCloseTo(26.68, 1);
    expect(study.percent_study.pv).toBeCloseTo(96.38, 1);
    expect(study.anova).toBeUndefined();
  });

  it('by ANOVA', () => {
    const study = anovaStudy(aiag);
    // AIAG MSA, 4th edition, tables III-B 7 and 8; the interaction (F = 0.434) is pooled.
    const { ss } = study.anova!;
    expect(ss.operator).toBeCloseTo(3.1673, 3);
    expect(ss.part).toBeCloseTo(88.3619, 3);
    expect(ss.interaction).toBeCloseTo(0.359, 3);
    expect(ss.equipment).toBeCloseTo(2.7589, 3);
    expect(ss.total).toBeCloseTo(94.6471, 3);
    expect(study.ev).toBeCloseTo(0.199933, 5);
    expect(study.av).toBeCloseTo(0.226838, 5);
    expect(study.grr).toBeCloseTo(0.302373, 5);
    expect(study.pv).toBeCloseTo(1.042327, 5);
    expect(study.ndc).toBe(4);
  });
});

describe('gauge R&R', () => {
  /** part + appraiser effect + interaction effect, each trial off by +-noise. */
  const made = (interaction: number, noise: number): GaugeMeasurement[] =>
    [0, 1, 2, 3].flatMap((part) =>
      [0, 1].flatMap((appraiser) =>
        [0, 1].map((trial) => ({
          part,
          appraiser,
          trial,
          value:
            10 * part + appraiser + interaction * (part % 2 === appraiser ? 1 : -1) + noise * (trial === 0 ? 1 : -1),
        })),
      ),
    );

  it('separates a significant interaction from repeatability', () => {
    const study = anovaStudy(made(2, 0.1));
    // Each cell varies by +-0.1: SS 16 * 0.01 over 8 degrees of freedom.
    expect(study.ev).toBeCloseTo(Math.sqrt(0.16 / 8), 12);
    expect(study.anova!.ss.interaction).toBeCloseTo(16 * 4, 9);
    expect(study.av).toBeCloseTo(Math.sqrt((64 / 3 - 0.02) / 2), 9);
  });

  it('of a perfect gauge shows only part variation, and no number of categories', () => {
    for (const study of [
      anovaStudy(made(0, 0).map((m) => ({ ...m, value: 10 * Number(m.part) }))),
      averageRangeStudy(made(0, 0).map((m) => ({ ...m, value: 10 * Number(m.part) }))),
    ]) {
      expect([study.ev, study.av, study.grr, study.ndc]).toEqual([0, 0, 0, null]);
      expect(study.percent_study).toEqual({ ev: 0, av: 0, grr: 0, pv: expect.closeTo(100, 9) });
    }
  });

  it('of a perfect gauge has no variation from the rounding of sums', () => {
    for (let design = 0; design < 50; design++) {
      const data = Array.from({ length: 10 }, (_, part) =>
        ['A', 'B', 'C'].flatMap((appraiser) =>
          [1, 2, 3].map((trial) => ({
            part,
            appraiser,
            trial,
            value: Math.round(100 * Math.sin(part + design)) / 100,
          })),
        ),
      ).flat();
      const { ev, av, grr, ndc } = anovaStudy(data);
      expect([ev, av, grr, ndc]).toEqual([0, 0, 0, null]);
    }
  });

  it('of equal values has no percentages', () => {
    expect(anovaStudy(made(0, 0).map((m) => ({ ...m, value: 7 }))).percent_study).toEqual({
      ev: null,
      av: null,
      grr: null,
      pv: null,
    });
  });

  it('does not care about the order of the measurements or whether names are numbers or texts', () => {
    const data = made(1, 0.3);
    const other = [...data].reverse().map((m) => ({ ...m, part: String(m.part), trial: String(m.trial) }));
    expect(anovaStudy(other).grr).toBeCloseTo(anovaStudy(data).grr, 12);
    expect(averageRangeStudy(other)).toEqual(averageRangeStudy(data));
  });

  it.each<[string, (data: GaugeMeasurement[]) => GaugeMeasurement[]]>([
    ['one missing', (data) => data.slice(1)],
    ['one twice', (data) => [...data, data[0]!]],
    ['one part', (data) => data.filter((m) => m.part === 0)],
    ['one appraiser', (data) => data.filter((m) => m.appraiser === 0)],
    ['one trial', (data) => data.filter((m) => m.trial === 0)],
    ['none', () => []],
  ])('refuses a design with %s', (_what, change) => {
    for (const study of [anovaStudy, averageRangeStudy]) {
      expect(() => study(change(made(0, 1)))).toThrow(GaugeDesignError);
    }
  });
});
