/**
 * The life of an instance as one literal table. Nothing else in core decides what follows what:
 * the shell asks `next`, runs the effects of the transition (effects.ts), and keeps no state of its own.
 */

export type State =
  | 'stopped'
  | 'waiting'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'killing'
  | 'backoff'
  | 'exited'
  | 'failed';

/** What can happen to an instance. */
export type Trigger =
  | 'start'
  | 'gateOpened'
  | 'spawned'
  | 'spawnFailed'
  | 'settled'
  | 'endedRestart'
  | 'endedDone'
  | 'endedFailed'
  | 'stop'
  | 'restart'
  | 'graceElapsed'
  | 'delayElapsed'
  | 'killElapsed';

/** `ignore`: nothing to do, by design. `impossible`: a defect if it happens; reported, and the state stays. */
export type Cell = State | 'ignore' | 'impossible';

/** What each state means, for the docs page. */
export const states: Readonly<Record<State, string>> = {
  stopped: 'Not running, and nothing asks for it.',
  waiting: 'Asked to run; its gate (dependencies, priority, conflicts) is not open yet.',
  starting: 'Being started: hooks, spawn, and everything up to the moment it is ready.',
  running: 'Up.',
  stopping: 'Asked to end: drain, stop signal, grace period.',
  killing: 'The grace period is over; the kill signal was sent.',
  backoff: 'Ended, and will be started again after a delay.',
  exited: 'Ended by itself with success, and stays so.',
  failed: 'Gave up, could not start, or waits for something that can never come.',
};

/** What each trigger means, for the docs page. */
export const triggers: Readonly<Record<Trigger, string>> = {
  start: 'a command, the boot or a schedule wants it up',
  gateOpened: 'dependencies, priority and conflicts allow it',
  spawned: 'the operating system runs it',
  spawnFailed: 'it could not be spawned, and another try is due',
  settled: 'it is ready for the first time since its spawn',
  endedRestart: 'it ended, and is to be started again',
  endedDone: 'it ended, and that was all that was wanted',
  endedFailed: 'it ended or never came up, and no further try is due',
  stop: 'a command or the shutdown wants it down',
  restart: 'a command, a probe or a time limit wants it down and up again',
  graceElapsed: 'the grace period after the stop signal is over',
  delayElapsed: 'the backoff delay is over',
  killElapsed: 'it is still there well after the kill signal',
};

/** The table: state, then what happens, then what follows. Read by row. */
// oxfmt-ignore
export const machine: Readonly<Record<State, Readonly<Record<Trigger, Cell>>>> = {
  stopped: {
    start: 'waiting', restart: 'waiting', stop: 'ignore',
    gateOpened: 'impossible', spawned: 'impossible', spawnFailed: 'impossible', settled: 'impossible',
    endedRestart: 'impossible', endedDone: 'impossible', endedFailed: 'impossible',
    graceElapsed: 'impossible', delayElapsed: 'impossible', killElapsed: 'impossible',
  },
  waiting: {
    start: 'ignore', restart: 'ignore', stop: 'stopped',
    gateOpened: 'starting', spawned: 'impossible', spawnFailed: 'impossible', settled: 'impossible',
    // The gate can never open: a dependency failed, or it waited too long.
    endedRestart: 'impossible', endedDone: 'impossible', endedFailed: 'failed',
    graceElapsed: 'impossible', delayElapsed: 'impossible', killElapsed: 'impossible',
  },
  starting: {
    start: 'ignore', restart: 'stopping', stop: 'stopping',
    gateOpened: 'impossible', spawned: 'starting', spawnFailed: 'backoff', settled: 'running',
    endedRestart: 'backoff', endedDone: 'exited', endedFailed: 'failed',
    graceElapsed: 'impossible', delayElapsed: 'impossible', killElapsed: 'impossible',
  },
  running: {
    start: 'ignore', restart: 'stopping', stop: 'stopping',
    gateOpened: 'impossible', spawned: 'impossible', spawnFailed: 'impossible', settled: 'ignore',
    endedRestart: 'backoff', endedDone: 'exited', endedFailed: 'failed',
    graceElapsed: 'impossible', delayElapsed: 'impossible', killElapsed: 'impossible',
  },
  stopping: {
    // What follows the end is asked when it comes: wanted again or not. A command only changes that answer.
    start: 'ignore', restart: 'ignore', stop: 'ignore',
    // The stop overtook the spawn: the child appears, and gets its signal at once.
    gateOpened: 'impossible', spawned: 'stopping', spawnFailed: 'stopped', settled: 'ignore',
    endedRestart: 'backoff', endedDone: 'stopped', endedFailed: 'failed',
    graceElapsed: 'killing', delayElapsed: 'impossible', killElapsed: 'impossible',
  },
  killing: {
    start: 'ignore', restart: 'ignore', stop: 'ignore',
    gateOpened: 'impossible', spawned: 'killing', spawnFailed: 'stopped', settled: 'ignore',
    endedRestart: 'backoff', endedDone: 'stopped', endedFailed: 'failed',
    graceElapsed: 'ignore', delayElapsed: 'impossible', killElapsed: 'killing',
  },
  backoff: {
    start: 'waiting', restart: 'waiting', stop: 'stopped',
    gateOpened: 'impossible', spawned: 'impossible', spawnFailed: 'impossible', settled: 'impossible',
    endedRestart: 'impossible', endedDone: 'impossible', endedFailed: 'impossible',
    graceElapsed: 'impossible', delayElapsed: 'waiting', killElapsed: 'impossible',
  },
  exited: {
    start: 'waiting', restart: 'waiting', stop: 'stopped',
    gateOpened: 'impossible', spawned: 'impossible', spawnFailed: 'impossible', settled: 'impossible',
    endedRestart: 'impossible', endedDone: 'impossible', endedFailed: 'impossible',
    graceElapsed: 'impossible', delayElapsed: 'impossible', killElapsed: 'impossible',
  },
  failed: {
    start: 'waiting', restart: 'waiting', stop: 'stopped',
    gateOpened: 'impossible', spawned: 'impossible', spawnFailed: 'impossible', settled: 'impossible',
    endedRestart: 'impossible', endedDone: 'impossible', endedFailed: 'impossible',
    graceElapsed: 'impossible', delayElapsed: 'impossible', killElapsed: 'impossible',
  },
};

/** What follows, or why nothing does. */
export function getNext(state: State, trigger: Trigger): Cell {
  return machine[state][trigger];
}

/** States in which an operating system process exists or may appear. */
export const liveStates: ReadonlySet<State> = new Set<State>(['starting', 'running', 'stopping', 'killing']);

/** States in which nothing is under way and nothing will happen by itself. */
export const restingStates: ReadonlySet<State> = new Set<State>(['stopped', 'exited', 'failed']);
