import type { SignalName } from '../plan/spec.ts';

export type SignalMeaning = 'stop' | 'reload' | 'window' | 'ignore';

export type HandledSignal = Extract<
  SignalName,
  | 'SIGTERM'
  | 'SIGINT'
  | 'SIGQUIT'
  | 'SIGHUP'
  | 'SIGWINCH'
  | 'SIGUSR1'
  | 'SIGUSR2'
  | 'SIGPIPE'
  | 'SIGALRM'
  | 'SIGVTALRM'
  | 'SIGIO'
  | 'SIGPWR'
  | 'SIGSTKFLT'
  | 'SIGXCPU'
  | 'SIGXFSZ'
>;

/**
 * Every signal that gets a listener, and what it is for. What is only listed to be ignored would otherwise end a
 * supervisor that is not PID 1; SIGUSR1 would open Node's inspector. Not listed are SIGTSTP, SIGTTIN and SIGTTOU:
 * with a listener the kernel would repeat a background write to the terminal for ever.
 */
export const handledSignals: Readonly<Record<HandledSignal, SignalMeaning>> = {
  SIGTERM: 'stop',
  SIGINT: 'stop',
  SIGQUIT: 'stop',
  SIGHUP: 'reload',
  SIGUSR1: 'ignore',
  SIGUSR2: 'ignore',
  SIGPIPE: 'ignore',
  SIGALRM: 'ignore',
  SIGVTALRM: 'ignore',
  SIGIO: 'ignore',
  SIGPWR: 'ignore',
  SIGSTKFLT: 'ignore',
  SIGXCPU: 'ignore',
  SIGXFSZ: 'ignore',
  SIGWINCH: 'window',
};

/**
 * Takes over every signal of `handledSignals` and hands those that mean something to `listener`. To be called first
 * thing: until then a SIGTERM is lost, as PID 1 has no default actions. Returns the way to give them back.
 */
export function handleSignals(listener: (signal: HandledSignal) => void): () => void {
  const entries = Object.entries(handledSignals) as [HandledSignal, SignalMeaning][];
  const listeners = entries.map(
    ([signal, meaning]) => [signal, meaning === 'ignore' ? () => {} : () => listener(signal)] as const,
  );
  for (const [signal, listen] of listeners) process.on(signal, listen);
  return () => {
    for (const [signal, listen] of listeners) process.off(signal, listen);
  };
}
