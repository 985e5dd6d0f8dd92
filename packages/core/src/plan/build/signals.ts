import type { SignalName } from '../spec.ts';

/**
 * The signals of Linux by number, from 1 (signal(7)). Names are the same on every architecture pm runs on;
 * SIGEMT, SIGLOST and the BSD ones do not exist there.
 */
const signalNames: ReadonlySet<string> = new Set<SignalName>([
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
  'SIGPOLL',
  'SIGIOT',
]);

/** Every name that `readSignal` accepts, for a did-you-mean. */
export const allSignals: readonly string[] = [...signalNames];

/** A signal, or why it is none that can be sent to a service, and what to write instead. */
export type SignalReading =
  | { readonly ok: true; readonly signal: SignalName }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Signals that stop, continue or are ignored: none of them ends a process that has no handler for it. */
const notEnding: ReadonlySet<string> = new Set([
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGCONT',
  'SIGCHLD',
  'SIGURG',
]);

/** The signal of a name in upper case with its `SIG`. Real-time signals are refused: Node reports their deaths as code 0. */
export function readSignal(name: string): SignalReading {
  if (isSignalName(name)) return { ok: true, signal: name };
  if (/^SIGRT(MIN|MAX)?/.test(name)) {
    return {
      ok: false,
      message: `${name} is a real-time signal, which is refused: a process that dies of one looks like a success`,
      hint: 'Use a standard signal such as SIGTERM, SIGQUIT or SIGUSR1.',
    };
  }
  return {
    ok: false,
    message: `there is no signal ${name}`,
    hint: 'Standard signals are SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGKILL, …',
  };
}

/** The same for a signal that has to end a process: one that only pauses or continues it is refused. SIGWINCH is not: it drains Apache. */
export function readStopSignal(name: string): SignalReading {
  if (!notEnding.has(name)) return readSignal(name);
  return {
    ok: false,
    message: `${name} does not end a process`,
    hint: 'Use the signal on which the program leaves, such as SIGTERM or SIGQUIT.',
  };
}

function isSignalName(name: string): name is SignalName {
  return signalNames.has(name);
}
