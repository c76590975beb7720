import { describe, expect, it } from '@jest/globals';
import { routeQuestions } from './route-questions.ts';

const NOW_MS = Date.UTC(2026, 0, 20, 13);
const query = (name: string, more: object = {}) => ({ name, in: 'query' as const, ...more });

describe('routeQuestions', () => {
  it('asks for the least that a route takes, and for everything where it takes a time range', () => {
    const parameters = [query('from'), query('to'), query('mix'), query('limit', { example: 50 })];
    expect(routeQuestions({ paths: { '/v1/yield': { get: { parameters } } } }, {}, NOW_MS)).toEqual([
      { route: '/v1/yield', asks: 'least', path: '/v1/yield?mix=yes' },
      {
        route: '/v1/yield',
        asks: 'everything',
        path: '/v1/yield?from=2025-01-20T00%3A00%3A00.000Z&to=2026-01-20T00%3A00%3A00.000Z&mix=yes',
      },
    ]);
  });

  it('takes required values from what is stored, or the example', () => {
    const parameters = [
      { name: 'lot_id', in: 'path' as const, required: true, example: 'none' },
      query('chart', { required: true, example: 'imr' }),
      query('from', { required: true, example: 'x' }),
      query('to', { required: true, example: 'x' }),
    ];
    const [least] = routeQuestions(
      { paths: { '/v1/lots/{lot_id}': { get: { parameters } } } },
      { lot_id: 'A 1' },
      NOW_MS,
    );
    expect(least?.path).toBe(
      '/v1/lots/A%201?chart=imr&from=2026-01-18T00%3A00%3A00.000Z&to=2026-01-19T00%3A00%3A00.000Z',
    );
  });

  it('has an id of one route for that route alone', () => {
    const get = { parameters: [{ name: 'id', in: 'path' as const, required: true, example: 'e' }] };
    const paths = { '/v1/inspections/{id}': { get }, '/v1/reports/{id}': { get } };
    const asked = routeQuestions({ paths }, { '/v1/inspections/{id}': 'i' }, NOW_MS);
    expect(asked.map(({ path }) => path)).toEqual(['/v1/inspections/i', '/v1/reports/e']);
  });

  it('leaves out what has no data or no end, and other methods', () => {
    const paths = {
      '/health/live': { get: {} },
      '/metrics': { get: {} },
      '/v1/events': { get: {} },
      '/v1/replays': {},
    };
    expect(routeQuestions({ paths }, {}, NOW_MS)).toEqual([]);
  });
});
