import { describe, expect, it } from '@jest/globals';
import { beyond, limits, near, rules } from '../../test/panels.ts';
import { ChartDataError } from './chart.ts';
import { cusumChart, ewmaChart } from './ewma-cusum.ts';
import { individualsChart } from './individuals.ts';

describe('EWMA', () => {
  // NIST/SEMATECH e-Handbook 6.3.2.4.
  const x = [
    52, 47, 53, 49.3, 50.1, 47, 51, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1,
  ];
  const z = [
    50.6, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38, 49.92,
    50.73, 51.23, 51.94, 51.99,
  ];

  it('agrees with the published series; limits widen to the published ones', () => {
    const { location } = ewmaChart(x, { lambda: 0.3, l: 3 }, { rules, target: 50, sigma: 2.0539 });
    near(
      location.points.map((p) => p.value),
      z,
      0.005,
    );
    const last = location.points.at(-1)!;
    near([last.lower, last.upper], [47.4115, 52.5884], 1e-3);
    // The first point has had one sample only: sigma times lambda.
    near([location.points[0]!.upper], [50 + 3 * 2.0539 * 0.3], 1e-9);
    expect([location.centre, location.upper, location.violations]).toEqual([50, null, []]);
  });

  it('with lambda 1 is the chart of the values themselves', () => {
    const { location } = ewmaChart(x, { lambda: 1, l: 3 }, { rules });
    const own = individualsChart(x, { rules }).location;
    near(
      location.points.map((p) => p.value),
      x,
      1e-9,
    );
    near([location.points[5]!.lower, location.points[5]!.upper], [own.lower!, own.upper!], 1e-9);
  });

  it('keeps its value over a missing one, and takes no run rules', () => {
    const { location } = ewmaChart([10, null, 20], { lambda: 0.5, l: 3 }, { rules, target: 0, sigma: 1 });
    expect(location.points.map((p) => [p.index, p.value])).toEqual([
      [0, 5],
      [2, 12.5],
    ]);
    expect(() => ewmaChart(x, { lambda: 0.3, l: 3 }, { rules: ['nelson_2'] })).toThrow(ChartDataError);
  });
});

it('EWMA and CUSUM divide a given sigma for means', () => {
  const standard = { rules, target: 10, sigma: 1 };
  const ewma = ewmaChart([10, 10], { lambda: 1, l: 3 }, { ...standard, sizes: [25, 4] });
  expect(ewma.location.points.map(({ upper }) => upper)).toEqual([10.6, 11.5]);
  const cusum = cusumChart([10, 10.3], { k: 0.5, h: 4 }, { ...standard, sizes: [25, 25] });
  near([cusum.location.upper, cusum.location.points[1]!.high!], [0.8, 0.2], 1e-12);
  expect(() => cusumChart([10, 10], { k: 0.5, h: 4 }, { ...standard, sizes: [25, 4] })).toThrow(/differ in size/);
});

describe('CUSUM', () => {
  // NIST/SEMATECH e-Handbook 6.3.2.3.
  const x = [
    324.925, 324.675, 324.725, 324.35, 325.35, 325.225, 324.125, 324.525, 325.225, 324.6, 324.625, 325.15, 328.325,
    327.25, 327.825, 328.5, 326.675, 327.775, 326.875, 328.35,
  ];
  const high = [0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16, 19.04];
  const low = [0, 0.01, 0, 0.33, 0, 0, 0.56, 0.72, 0.17, 0.25, 0.31, 0, 0, 0, 0, 0, 0, 0, 0, 0];

  it('agrees with the published sums and signals', () => {
    const { location } = cusumChart(x, { k: 0.3175, h: 4.1959 }, { rules, target: 325, sigma: 1 });
    near(
      location.points.map((p) => p.high!),
      high,
      0.006,
    );
    near(
      location.points.map((p) => p.low!),
      low,
      0.006,
    );
    expect(beyond(location).map((index) => index + 1)).toEqual([14, 15, 16, 17, 18, 19, 20]);
    expect(limits(location)).toEqual([-4.1959, 0, 4.1959]);
  });

  it('k and h are multiples of sigma, sums are in the units of the data', () => {
    const scaled = cusumChart(
      x.map((value) => value * 10),
      { k: 0.3175, h: 4.1959 },
      { rules, target: 3250, sigma: 10 },
    );
    near(
      scaled.location.points.map((p) => p.high! / 10),
      high,
      0.006,
    );
    expect(beyond(scaled.location)).toHaveLength(7);
  });

  it('sees a fall by its low sum', () => {
    const { location } = cusumChart([0, -3, -3, -3], { k: 0.5, h: 4 }, { rules, target: 0, sigma: 1 });
    expect(location.points.map((p) => [p.high, p.low])).toEqual([
      [0, 0],
      [0, 2.5],
      [0, 5],
      [0, 7.5],
    ]);
    expect(beyond(location)).toEqual([2, 3]);
  });
});
