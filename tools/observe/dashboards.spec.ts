import { describe, expect, it } from '@jest/globals';
import { expressionsOf, readDashboards } from './dashboards.ts';

const DASHBOARDS = readDashboards();

describe.each(DASHBOARDS)('$title', ({ panels }) => {
  it('has panels with ids of their own, which do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, cell) => ({
        title,
        cell: `${x + (cell % w)},${y + Math.floor(cell / w)}`,
      }));
    });
    const taken = Map.groupBy(cells, ({ cell }) => cell);
    expect([...taken.values()].filter((both) => both.length > 1).map((both) => both.map(({ title }) => title))).toEqual(
      [],
    );
  });

  it('has an expression in every panel', () => {
    const empty = panels.filter(
      ({ type, targets }) => type !== 'row' && (targets ?? []).every(({ expr }) => expr === ''),
    );
    expect(empty).toEqual([]);
  });
});

it('there are three dashboards, with addresses of their own, and no variable but the interval', () => {
  expect(DASHBOARDS.map(({ uid }) => uid)).toEqual(['chip-operations', 'chip-pipeline', 'chip-quality']);
  expect(expressionsOf(DASHBOARDS, '1m').filter(({ expr }) => expr.includes('$'))).toEqual([]);
});

it('each graph tells cells apart, and numbers that are about one database look at each', () => {
  const mixing = DASHBOARDS.flatMap(({ title, panels }) =>
    panels
      .filter(({ type }) => type === 'timeseries')
      .flatMap((panel) =>
        (panel.targets ?? [])
          .filter(({ expr }) => (expr.match(/\b(?:sum|max|min|count)\b(?! by \(cell\b)/g) ?? []).length > 0)
          .map(({ expr }) => `${title} / ${panel.title}: ${expr}`),
      ),
  );
  expect(mixing).toEqual([]);
  const shown = expressionsOf(DASHBOARDS, '1m').map(({ expr }) => expr);
  expect(shown).toContain('sum by (cell) (chip_maintenance_active)');
  expect(shown).toContain('sum(max by (cell, topic, partition) (chip_database_position_waiting_records))');
});
