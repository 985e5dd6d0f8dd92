import type { Instance } from '../instance/instance.ts';
import { restingStates } from '../instance/machine.ts';
import type { Plan } from '../plan/spec.ts';
import type { Roster } from '../unit/roster.ts';
import type { Unit } from '../unit/unit.ts';
import { isIdle, toFailureCode, toIdleExitCode } from './idle.ts';

export interface EndWatchOptions {
  readonly roster: Roster;
  /** The plan in force. */
  readonly plan: () => Plan;
  /** Whether the run may end for want of work: it is up, and nothing else keeps it. */
  readonly mayIdle: () => boolean;
  readonly end: (reason: string, exitCode: number) => void;
}

/** Ends the run when a failure is one too many, and when nothing is left to do. */
export interface EndWatch {
  /** Looks whether something is left to do. */
  look(): void;
  /** A reason to stay although nothing runs (a schedule that is due again); returns the way to give it up. */
  hold(): () => void;
}

/** Watches from now on. */
export function createEndWatch({ roster, plan, mayIdle, end }: EndWatchOptions): EndWatch {
  /** In the order they failed. */
  const failed = new Set<Unit>();
  let holds = 0;

  const look = (): void => {
    if (!mayIdle() || plan().global.onIdle === 'stay') return;
    if (!isIdle(roster.units, plan().templates.size, holds)) return;
    end('nothing runs and nothing is due', toIdleExitCode([...failed]));
  };
  const onFailed = (unit: Unit): void => {
    failed.add(unit);
    const { required } = unit.spec;
    if (!required && plan().global.onProcessFailure === 'continue') return;
    const what = required
      ? `required process "${unit.name}" failed`
      : `process "${unit.name}" failed (on_process_failure: shutdown)`;
    end(what, toFailureCode(unit));
  };
  roster.subscribe((unit: Unit, instance: Instance | undefined) => {
    if (instance === undefined || !restingStates.has(instance.state)) {
      if (!unit.standing.failed) failed.delete(unit);
      return;
    }
    if (instance.state === 'failed') onFailed(unit);
    look();
  });
  return {
    look,
    hold() {
      holds += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds -= 1;
        look();
      };
    },
  };
}
