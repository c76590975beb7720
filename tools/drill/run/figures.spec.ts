import { expect, it } from '@jest/globals';
import { formatFigures } from './figures.ts';

it('shows the runs side by side', () => {
  const run = (seconds: number, events: number) => ({
    figures: [
      { what: 'RPO', value: events, unit: 'events' },
      { what: 'RTO', value: seconds, unit: 's' },
    ] as const,
    differences: [],
    elements: 1,
  });
  expect(formatFigures([run(1.25, 0), run(12.06, 12_345)])).toBe(
    ['figure       run 1   run 2', 'RPO, events      0  12,345', 'RTO, s         1.3    12.1'].join('\n'),
  );
  expect(formatFigures([])).toBe('');
});
