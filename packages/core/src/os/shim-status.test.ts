import { expect, test } from 'vitest';
import { noStatus, readStatusLine, type ShimStatus } from './shim-status.ts';

const read = (...lines: string[]): ShimStatus => lines.reduce(readStatusLine, noStatus);

test.each<[string, string[], ShimStatus]>([
  ['a life', ['P 12', 'R', 'D 3 0', 'L 0'], { pid: 12, running: true, end: { code: 3, signal: null }, leftovers: 0 }],
  [
    'a death by signal',
    ['P 12', 'R', 'D 0 15', 'L 2'],
    { pid: 12, running: true, end: { code: null, signal: 'SIGTERM' }, leftovers: 2 },
  ],
  ['a real-time signal, which has no name', ['D 0 40'], { running: false, end: { code: 168, signal: null } }],
  ['aliases have their usual names', ['D 0 6'], { running: false, end: { code: null, signal: 'SIGABRT' } }],
  ['a failure', ['P 12', 'E uid 1'], { pid: 12, running: false, failure: { stage: 'uid', errno: 1 } }],
  ['a failure of the working directory', ['E cwd 2'], { running: false, failure: { stage: 'working_dir', errno: 2 } }],
  ['what may not be killed', ['X 3'], { running: false, unkillable: 3 }],
  ['what a newer svexec might say', ['Z 1 2 3', ''], { running: false }],
])('%s', (_, lines, expected) => {
  expect(read(...lines)).toEqual(expected);
});
