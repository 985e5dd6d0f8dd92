import { restingStates } from '../instance/machine.ts';
import { isSuccess, toExitCode } from '../instance/exit.ts';
import type { Unit } from '../unit/unit.ts';

/**
 * Nothing runs, nothing will run by itself, and nothing is there to be started by somebody.
 * `holds` are reasons of plugins to stay (a schedule that is due again).
 */
export function isIdle(units: readonly Unit[], templates: number, holds: number): boolean {
  if (holds > 0 || templates > 0) return false;
  return units.every((unit) => !isOnDemand(unit) && !unit.parked && isResting(unit));
}

/** The code of the container when it ends by being idle: of the first process that failed, else 0. */
export function toIdleExitCode(failures: readonly Unit[]): number {
  const [first] = failures;
  return first === undefined ? 0 : toFailureCode(first);
}

/** The code of a process that gave up; 1 where it never ran, or ended with a code that says success. */
export function toFailureCode(unit: Unit): number {
  const failed = unit.instances.find((instance) => instance.state === 'failed');
  const end = failed?.lastEnd;
  if (end === undefined || isSuccess(end, unit.spec.successExitCodes)) return 1;
  return toExitCode(end) || 1;
}

function isOnDemand(unit: Unit): boolean {
  return unit.spec.enabled && unit.spec.initialState === 'stopped' && !unit.standing.skipped;
}

function isResting(unit: Unit): boolean {
  return unit.instances.every((instance) => restingStates.has(instance.state));
}
