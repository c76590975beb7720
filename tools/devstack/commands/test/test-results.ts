/** Adds up jest's results of each project, whether it ran now or nx answered from its cache. */
import { globSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY_ROOT } from '../../layout.ts';

export type TestKind = 'unit' | 'int';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

export interface Outcome {
  readonly isOk: boolean;
  readonly counts: TestCounts;
}

export const noTests: TestCounts = { passed: 0, failed: 0 };

/** The fields read from jest's `--json` output. */
export interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Suites that failed before any test could run, for example on an import. */
  readonly numRuntimeErrorTestSuites: number;
}

export function countJestResults(results: readonly JestResults[]): TestCounts {
  return results.reduce(
    (sum, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) => ({
      passed: sum.passed + numPassedTests,
      failed: sum.failed + numFailedTests + numRuntimeErrorTestSuites,
    }),
    noTests,
  );
}

/** A step that failed without a failed test (lint, a crash of jest) counts as one failure. */
export function sumUp(outcomes: readonly Outcome[]): TestCounts {
  return outcomes.reduce(
    (sum, { isOk, counts }) => ({
      passed: sum.passed + counts.passed,
      failed: sum.failed + (isOk ? counts.failed : Math.max(counts.failed, 1)),
    }),
    noTests,
  );
}

function resultFiles(kinds: readonly TestKind[]): string[] {
  const patterns = kinds.map((kind) => `{apps,libs,tools}/{,*/}test-results/${kind}.json`);
  return globSync(patterns, { cwd: REPOSITORY_ROOT }).map((file) => path.join(REPOSITORY_ROOT, file));
}

/** Deletes results of an earlier run, in case jest crashes in this one; nx restores those that are still valid. */
export function forgetResults(kinds: readonly TestKind[]): void {
  resultFiles(kinds).forEach((file) => rmSync(file));
}

export function readResults(kinds: readonly TestKind[]): TestCounts {
  return countJestResults(resultFiles(kinds).map((file) => JSON.parse(readFileSync(file, 'utf8')) as JestResults));
}
