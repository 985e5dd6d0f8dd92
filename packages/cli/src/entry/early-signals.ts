/** The signals that come while the boot loads, before the supervisor has handlers of its own. */
export interface EarlySignals {
  /** Called for each signal that asks to stop, also for those that came already. */
  onStop(callback: (signal: NodeJS.Signals) => void): void;
  /** Takes the handlers away. Call it when the supervisor has its own: without any, Node would end. Idempotent. */
  release(): void;
}

/** What of `process` is needed. */
export interface SignalEmitter {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

const stopSignals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'];
/** Ended by default, or (SIGUSR1) opening the inspector: neither may happen to PID 1. */
const ignoredSignals: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'];

/** Handles signals from the first moment that code of ours runs. What came in Node's own start (about 25 ms) is lost to PID 1. */
export function catchEarlySignals(emitter: SignalEmitter): EarlySignals {
  const pending: NodeJS.Signals[] = [];
  let onStop: (signal: NodeJS.Signals) => void = (signal) => pending.push(signal);
  const stop = (signal: NodeJS.Signals): void => onStop(signal);
  const ignore = (): void => undefined;
  for (const signal of stopSignals) emitter.on(signal, stop);
  for (const signal of ignoredSignals) emitter.on(signal, ignore);
  return {
    onStop(callback) {
      onStop = callback;
      for (const signal of pending.splice(0)) callback(signal);
    },
    release() {
      for (const signal of stopSignals) emitter.off(signal, stop);
      for (const signal of ignoredSignals) emitter.off(signal, ignore);
    },
  };
}
