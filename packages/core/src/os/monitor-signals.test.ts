import { expect, test } from 'vitest';
import type { KillMode, SignalName } from '../plan/spec.ts';
import { type MonitorRequest, toKillRequest, toSignalRequest } from './monitor-signals.ts';

test.each<[SignalName, KillMode, MonitorRequest]>([
  ['SIGTERM', 'mixed', { monitor: [15] }],
  ['SIGTERM', 'process', { monitor: [15] }],
  ['SIGTERM', 'group', { monitor: [33 + 15] }],
  ['SIGKILL', 'mixed', { monitor: [33] }],
  ['SIGSTOP', 'mixed', { monitor: [], main: 19 }],
  ['SIGSTOP', 'group', { monitor: [33 + 19] }],
])('[line 22] signal %s, mode %s', (signal, mode, expected) => {
  expect(toSignalRequest(signal, mode)).toEqual(expected);
});

test.each<[SignalName, KillMode, MonitorRequest]>([
  ['SIGKILL', 'mixed', { monitor: [42] }],
  ['SIGKILL', 'group', { monitor: [42] }],
  ['SIGKILL', 'process', { monitor: [50, 33] }],
  ['SIGABRT', 'mixed', { monitor: [50, 33 + 6] }],
  ['SIGABRT', 'process', { monitor: [50, 6] }],
])('[line 22] kill by %s, mode %s: no grace for what is left', (signal, mode, expected) => {
  expect(toKillRequest(signal, mode)).toEqual(expected);
});

test('a signal that cannot be sent is a defect of the caller', () => {
  expect(() => toSignalRequest('SIGRTMIN+3' as SignalName, 'mixed')).toThrow(/"SIGRTMIN\+3" is not a signal/);
});
