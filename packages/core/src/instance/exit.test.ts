import { describe, expect, it } from 'vitest';
import type { ChildEnd } from '../os/spawner.ts';
import { isSuccess, toExitCode, toExitText } from './exit.ts';

const code = (value: number): ChildEnd => ({ code: value, signal: null });
const signal = (name: NodeJS.Signals): ChildEnd => ({ code: null, signal: name });

describe('an end in words [line 9]', () => {
  it.each([
    [code(0), undefined, 'exit 0'],
    [code(3), undefined, 'exit 3'],
    [code(126), undefined, 'exit 126: found but not executable'],
    [code(127), undefined, 'exit 127: command not found'],
    [code(137), 512 * 1024 * 1024, 'exit 137: likely out of memory, container limit 512 MiB reached'],
    [code(143), undefined, 'exit 143: a child of it was ended by SIGTERM'],
    [signal('SIGSEGV'), undefined, 'killed by SIGSEGV'],
    [signal('SIGKILL'), undefined, 'killed by SIGKILL'],
    [
      signal('SIGKILL'),
      256 * 1024 * 1024,
      'killed by SIGKILL (not by the supervisor: likely out of memory, container limit 256 MiB)',
    ],
    [
      { ...signal('SIGKILL'), oomKilled: true },
      undefined,
      'killed by SIGKILL: out of memory, its resources.memory_max was reached',
    ],
  ])('%o with a limit of %s: %s', (end, limit, text) => {
    expect(toExitText(end, limit)).toBe(text);
  });
});

describe('success', () => {
  it('is a listed code, or a listed signal by name or by 128 + its number', () => {
    expect(isSuccess(code(0), [0])).toBe(true);
    expect(isSuccess(code(1), [0])).toBe(false);
    expect(isSuccess(signal('SIGTERM'), [0])).toBe(false);
    expect(isSuccess(signal('SIGTERM'), [0, 'SIGTERM'])).toBe(true);
    expect(isSuccess(signal('SIGTERM'), [0, 143])).toBe(true);
    expect(isSuccess(code(143), [0, 'SIGTERM'])).toBe(false);
  });

  it('the exit code of a signal is what a shell reports', () => {
    expect(toExitCode(signal('SIGKILL'))).toBe(137);
    expect(toExitCode(code(5))).toBe(5);
  });
});
