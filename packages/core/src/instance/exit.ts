import { constants } from 'node:os';
import type { ChildEnd } from '../os/spawner.ts';
import type { SignalName } from '../plan/spec.ts';

/** Whether an end counts as success: a code or a signal listed in `success_exit_codes`. */
export function isSuccess(end: ChildEnd, successExitCodes: readonly (number | SignalName)[]): boolean {
  if (end.signal !== null) {
    return successExitCodes.includes(end.signal) || successExitCodes.includes(toExitCode(end));
  }
  return end.code !== null && successExitCodes.includes(end.code);
}

/** The code a shell would report: the exit code, or 128 + the signal's number. */
export function toExitCode(end: ChildEnd): number {
  if (end.signal !== null) return 128 + (constants.signals[end.signal] ?? 0);
  return end.code ?? 1;
}

/** The kernel's out-of-memory killer sends SIGKILL; shells report it as 137. */
export function mayBeOutOfMemory(end: ChildEnd): boolean {
  return end.signal === 'SIGKILL' || end.code === 137;
}

/**
 * An end in words, for logs and status.
 *
 * @param memoryLimit the container's limit in bytes, where one is known: it makes "137" readable.
 */
export function toExitText(end: ChildEnd, memoryLimit?: number): string {
  if (end.oomKilled === true)
    return `${end.signal === null ? `exit ${end.code}` : `killed by ${end.signal}`}: out of memory, its resources.memory_max was reached`;
  if (end.signal === 'SIGKILL') return `killed by SIGKILL${toMemoryHint(memoryLimit)}`;
  if (end.signal !== null) return `killed by ${end.signal}`;
  if (end.code === null) return 'ended for an unknown reason';
  const meaning = toCodeMeaning(end.code, memoryLimit);
  return meaning === '' ? `exit ${end.code}` : `exit ${end.code}: ${meaning}`;
}

function toMemoryHint(memoryLimit: number | undefined): string {
  if (memoryLimit === undefined) return '';
  return ` (not by the supervisor: likely out of memory, container limit ${toMebibytes(memoryLimit)} MiB)`;
}

/** Codes that shells and `exec` give a meaning: https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html */
function toCodeMeaning(code: number, memoryLimit: number | undefined): string {
  if (code === 126) return 'found but not executable';
  if (code === 127) return 'command not found';
  if (code === 137) {
    const limit = memoryLimit === undefined ? '' : `, container limit ${toMebibytes(memoryLimit)} MiB reached`;
    return `likely out of memory${limit}`;
  }
  if (code > 128 && code <= 128 + 31) return `a child of it was ended by ${toSignalName(code - 128)}`;
  return '';
}

function toSignalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}

function toMebibytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
