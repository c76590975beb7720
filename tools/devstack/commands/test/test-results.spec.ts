import { expect, it } from '@jest/globals';
import { countJestResults, sumUp } from './test-results.ts';

it('adds up the projects', () => {
  const results = [
    { numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 0 },
    { numPassedTests: 4, numFailedTests: 0, numRuntimeErrorTestSuites: 0 },
  ];
  expect(countJestResults(results)).toEqual({ passed: 7, failed: 1 });
});

it('counts a suite that could not be loaded as a failure', () => {
  const broken = { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1 };
  expect(countJestResults([broken])).toEqual({ passed: 0, failed: 1 });
});

it('counts a step that failed without a failed test, such as lint', () => {
  expect(sumUp([{ isOk: false, counts: { passed: 5, failed: 0 } }])).toEqual({ passed: 5, failed: 1 });
});

it('does not count a failed test twice', () => {
  const outcomes = [
    { isOk: true, counts: { passed: 2, failed: 0 } },
    { isOk: false, counts: { passed: 5, failed: 2 } },
  ];
  expect(sumUp(outcomes)).toEqual({ passed: 7, failed: 2 });
});
