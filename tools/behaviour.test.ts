import { expect, test } from 'vitest';
import { behaviourLines } from './behaviour-lines.ts';
import { findUnshown, parseShowings, renderBehaviour } from './behaviour.ts';

test('behaviour: the contract has its forty lines, once each and in order', () => {
  expect(behaviourLines.map(({ line }) => line)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
});

test('behaviour: a title shows the lines its tag names, ranges included', () => {
  const source = `test('stopping: it\\'s gone [lines 22, 23]', () => {}); it("late [line 1-3]", () => {});`;
  expect(parseShowings('e2e/a.test.ts', source)).toEqual([
    { path: 'e2e/a.test.ts', title: "stopping: it's gone", lines: [22, 23] },
    { path: 'e2e/a.test.ts', title: 'late', lines: [1, 2, 3] },
  ]);
});

test('behaviour: a tag that names no line is an error that names the file', () => {
  expect(() => parseShowings('e2e/a.test.ts', `test('x [line 41]')`)).toThrow(/e2e\/a\.test\.ts.*41/);
});

test('behaviour: a line counts as shown only where real processes run', () => {
  const fake = { path: 'packages/core/src/unit/a.test.ts', title: 'a', lines: [14] };
  expect(findUnshown([fake]).map(({ line }) => line)).toContain(14);
  expect(findUnshown([{ ...fake, path: 'e2e/cases/scale/scale.test.ts' }]).map(({ line }) => line)).not.toContain(14);
});

test('behaviour: lines of later plugins may be unshown, and the page says who brings them', () => {
  expect(findUnshown([]).map(({ line }) => line)).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
  expect(renderBehaviour([])).toContain('not yet: comes with the cron plugin');
});
