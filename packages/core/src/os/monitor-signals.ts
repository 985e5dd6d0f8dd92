import type { KillMode, SignalName } from '../plan/spec.ts';
import { toSignalNumber } from './signal-numbers.ts';

/**
 * Requests to svexec's monitor are signals, so that they cannot hit a pid that is used again: the monitor is our own
 * child. The numbers are those of the "monitor" chapter of packages/native/README.md.
 */
const killMain = 33;
const groupBase = 33;
const hurry = 42;
const noGrace = 50;

/** These never reach the main process through the monitor: they are sent to its pid. */
const notForwarded: ReadonlySet<SignalName> = new Set<SignalName>(['SIGSTOP', 'SIGCHLD']);

export interface MonitorRequest {
  /** Signals for the monitor, in order. */
  readonly monitor: readonly number[];
  /** A signal for the main process itself. */
  readonly main?: number;
}

/** How a stop (or any other) signal reaches the service: the main process alone, or its whole group. */
export function toSignalRequest(signal: SignalName, mode: KillMode): MonitorRequest {
  const number = toSignalNumber(signal);
  if (mode === 'group') return { monitor: [groupBase + number] };
  if (signal === 'SIGKILL') return { monitor: [killMain] };
  return notForwarded.has(signal) ? { monitor: [], main: number } : { monitor: [number] };
}

/** How the kill does. Whatever the mode, what is left when the main process has ended is killed without a grace. */
export function toKillRequest(signal: SignalName, mode: KillMode): MonitorRequest {
  if (mode === 'process') {
    const { monitor, ...rest } = toSignalRequest(signal, mode);
    return { monitor: [noGrace, ...monitor], ...rest };
  }
  if (signal === 'SIGKILL') return { monitor: [hurry] };
  return { monitor: [noGrace, groupBase + toSignalNumber(signal)] };
}
