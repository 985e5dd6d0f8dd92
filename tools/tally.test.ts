import { expect, test } from 'vitest';
import { addTallies, toCheckTally, toTallyText, toTestTally, type VitestReport } from './tally.ts';

const report: VitestReport = {
  numPassedTests: 3,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [
    { name: 'a.test.ts', status: 'passed', assertionResults: [{ fullName: 'a', status: 'passed' }] },
    { name: 'b.test.ts', status: 'failed', assertionResults: [{ fullName: 'b fails', status: 'failed' }] },
    { name: 'c.test.ts', status: 'failed', assertionResults: [] },
  ],
};

test('tally: a file that cannot be loaded is a failure of its own', () => {
  expect(toTestTally(report, 1)).toEqual({
    passed: 3,
    failed: 2,
    skipped: 0,
    failures: ['b fails', 'c.test.ts could not be run'],
  });
});

test('tally: an error outside of any test fails a run in which every test passed', () => {
  const tally = toTestTally({ ...report, testResults: [] }, 1);
  expect(tally.failures).toEqual(['vitest ended with 1']);
});

test('tally: checks count as tests, by name', () => {
  const checks = toCheckTally([
    { name: 'lint', passed: true },
    { name: 'format', passed: false },
  ]);
  expect(checks).toEqual({ passed: 1, failed: 1, skipped: 0, failures: ['check: format'] });
  expect(toTallyText(addTallies(toTestTally(report, 1), checks))).toBe('4 passed, 3 failed');
});

test('tally: skipped tests are said, and only where there are any', () => {
  expect(toTallyText({ passed: 1, failed: 0, skipped: 2, failures: [] })).toBe('1 passed, 0 failed, 2 skipped');
});
