import { expect, it } from '@jest/globals';
import { reportRequest } from './report-answer.ts';
import { ReportSections } from './report-sections.ts';
import { ReportsQuery } from './reports.query.ts';

it('ends as soon as it is too long, instead of holding twenty charts of 50,000 samples', async () => {
  let charts = 0;
  const short = () => Promise.resolve({});
  const chart = () => {
    charts += 1;
    return Promise.resolve({ samples: Array.from({ length: 50_000 }, () => ({ key: 'x'.repeat(120) })) });
  };
  const parts = [{ answer: short }, { pareto: short }, { pareto: short }, { lot: short }, { chart }];
  const sections = new ReportSections(...(parts as unknown as ConstructorParameters<typeof ReportSections>));
  const snapshots = {
    together: (work: (snapshot: object) => unknown) => work({ query: () => Promise.resolve([]) }),
  };
  const given = [snapshots, snapshots, {}, sections] as unknown as ConstructorParameters<typeof ReportsQuery>;
  const request = reportRequest.parse({
    name: 'all',
    reason: 'a test',
    charts: Array.from({ length: 20 }, () => ({ chart: 'imr', parameter: 'width' })),
  });
  await expect(new ReportsQuery(...given).create(request)).rejects.toMatchObject({ status: 400, code: 'invalid_body' });
  expect(charts).toBe(3);
});
