import type { ChildProcess } from 'node:child_process';
import type { KillMode } from '../plan/spec.ts';
import type { Containment } from './containment.ts';
import { closeCgroup, type Launch, sendSignal, signalChild } from './launch.ts';
import { descendantsOf } from './proc-tree.ts';
import { toSignalNumber } from './signal-numbers.ts';
import type { Child, ChildEnd } from './spawner.ts';

/** A service that is our own child, with nothing in between. */
export interface DirectProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Its `exit` event. */
  readonly exited: Promise<unknown[]>;
  /** Its process group is its own, not ours. */
  readonly ownGroup: boolean;
  /** Undefined: what it leaves behind is nobody's business. */
  readonly containment: Containment | undefined;
}

const stopSignals: ReadonlySet<string> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT']);

/** A Child that signals its process and its group itself, and looks for what is left through `containment`. */
export function createDirectChild(launch: Launch, direct: DirectProcess): Child {
  const { child, pid, ownGroup, containment } = direct;
  const streams = launch.stdio.openStreams(child);
  let mainEnded = false;
  let over = false;
  void direct.exited.then(() => {
    mainEnded = true;
  });

  // The group's number cannot be used again before its leader, our child, has been waited for.
  const send = (signal: number, mode: KillMode): boolean =>
    mode === 'group' && ownGroup ? sendSignal(-pid, signal) : signalChild(child, signal);
  const killLeftovers = (): boolean => {
    containment?.hurry();
    containment?.killNow();
    return !over && containment !== undefined;
  };
  return {
    pid,
    ...streams,
    ...(launch.cgroup && { enforced: launch.cgroup.enforced }),
    ended: awaitEnd(launch, direct).finally(() => {
      over = true;
    }),
    signal(signal, mode) {
      const number = toSignalNumber(signal);
      if (mainEnded) return false;
      if (mode === 'group' && stopSignals.has(signal)) containment?.noteGroupTold();
      else containment?.note();
      return send(number, mode);
    },
    kill(signal, mode) {
      const number = toSignalNumber(signal);
      if (mainEnded) return killLeftovers();
      containment?.hurry();
      if (mode === 'process') containment?.note();
      else if (signal === 'SIGKILL') containment?.killNow();
      return send(number, mode === 'process' ? mode : 'group');
    },
    closeOutput: () => Object.values(streams).forEach((stream) => stream.destroy()),
    tree: () => (mainEnded ? [] : [pid, ...descendantsOf(pid)]),
  };
}

async function awaitEnd(launch: Launch, { exited, containment }: DirectProcess): Promise<ChildEnd> {
  const [code, signal] = (await exited) as [ChildEnd['code'], ChildEnd['signal']];
  const leftovers = await containment?.sweep(launch.graceMs);
  return { code, signal, ...(leftovers !== undefined && { leftovers }), ...closeCgroup(launch) };
}
