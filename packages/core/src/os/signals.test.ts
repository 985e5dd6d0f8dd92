import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { fixture } from './fixtures/spawning.ts';
import { handledSignals, handleSignals } from './signals.ts';

test(
  '[line 29] each signal is handled: some mean something, none ends us by itself or opens the inspector',
  { timeout: 20_000 },
  async () => {
    const child = spawn(process.execPath, [fixture('take-signals.ts')], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await expect.poll(() => out, { timeout: 10_000 }).toBe('up\n');
    for (const signal of [
      'SIGUSR1',
      'SIGUSR2',
      'SIGPIPE',
      'SIGALRM',
      'SIGVTALRM',
      'SIGIO',
      'SIGPWR',
      'SIGSTKFLT',
      'SIGXCPU',
      'SIGXFSZ',
    ] as const)
      child.kill(signal);
    const expected = ['up'];
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGTERM'] as const) {
      child.kill(signal);
      expected.push(signal);
      await expect.poll(() => out.trim().split('\n')).toEqual(expected);
    }
    expect(await exited).toEqual([0, null]);
    expect(err).not.toMatch(/inspector/i);
  },
);

test('signals are given back', () => {
  const count = (): number[] => Object.keys(handledSignals).map((signal) => process.listenerCount(signal));
  const before = count();
  const giveBack = handleSignals(() => {});
  expect(count()).toEqual(before.map((listeners) => listeners + 1));
  giveBack();
  expect(count()).toEqual(before);
});
