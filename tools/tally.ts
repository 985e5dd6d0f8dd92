import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readText, root } from './workspace.ts';

/** Where `npm test` and `npm run check` leave their results, relative to the root. */
export const testReport = 'tmp/tests.json';
export const checkReport = 'tmp/checks.json';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Failures, by name. */
  readonly failures: readonly string[];
}

/** The parts of vitest's JSON report that count. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
}

/** Counts vitest's report. `ended` is how vitest ended: an error outside of any test is a failure too. */
export function toTestTally(report: VitestReport, ended: number | string): Tally {
  const failures = report.testResults.flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
    return failed.length === 0 && file.status === 'failed' ? [`${file.name} could not be run`] : failed;
  });
  if (failures.length === 0 && ended !== 0) failures.push(`vitest ended with ${ended}`);
  const skipped = report.numPendingTests + report.numTodoTests;
  return { passed: report.numPassedTests, failed: failures.length, skipped, failures };
}

/** Each check counts as one test. */
export function toCheckTally(results: readonly CheckResult[]): Tally {
  const failures = results.filter(({ passed }) => !passed).map(({ name }) => `check: ${name}`);
  return { passed: results.length - failures.length, failed: failures.length, skipped: 0, failures };
}

/** The tally of the last `npm test`; where it left no report, that is the failure. */
export function readTestTally(ended: number | string): Tally {
  if (!existsSync(join(root, testReport))) return toMissing('npm test');
  return toTestTally(JSON.parse(readText(testReport)) as VitestReport, ended);
}

function readCheckTally(): Tally {
  if (!existsSync(join(root, checkReport))) return toMissing('npm run check');
  return toCheckTally(JSON.parse(readText(checkReport)) as CheckResult[]);
}

function toMissing(name: string): Tally {
  return { passed: 0, failed: 1, skipped: 0, failures: [`${name} did not get to its end`] };
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}

/** `12 passed, 0 failed`, with `, 1 skipped` where there are any. */
export function toTallyText({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

/** `node tools/tally.ts TEST_STATUS`: both reports as failures by name and one last line. */
function printTally(ended: number): number {
  const tally = addTallies(readTestTally(ended), readCheckTally());
  for (const name of tally.failures) console.log(`failed: ${name}`);
  console.log(toTallyText(tally));
  return tally.failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = printTally(Number(process.argv[2] ?? 0));
