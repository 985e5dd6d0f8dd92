import { expect, test } from 'vitest';
import { Cutoff } from './cutoff.ts';

const first = new Error('first');

test('who asked for the signal before hears of it once, with the first reason', () => {
  const cutoff = new Cutoff();
  const { signal } = cutoff;
  let heard = 0;
  signal.addEventListener('abort', () => heard++);
  expect([cutoff.aborted, signal.aborted]).toEqual([false, false]);
  cutoff.abort(first);
  cutoff.abort(new Error('second'));
  expect(heard).toBe(1);
  expect(signal.reason).toBe(first);
  expect(cutoff.signal).toBe(signal);
});

test('who asks afterwards gets one that is aborted', () => {
  const cutoff = new Cutoff();
  cutoff.abort(first);
  expect(cutoff.aborted).toBe(true);
  expect(cutoff.signal.reason).toBe(first);
});
