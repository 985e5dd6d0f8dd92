import type { InstanceStatus, Operation, ProcessState, ProcessStatus } from '@pm-supervisor/client';
import { exitCodes } from '../exit-codes.ts';
import { toPlain } from '../render/table.ts';
import type { ControlCall } from './verb.ts';

/** What a command was about: a process, or one of its instances. */
export interface Subject {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | null;
  readonly reason: string | undefined;
}

/** How a command is judged once it is done. */
export interface Judgement {
  /** Whether a subject is now as it was asked to be. */
  readonly isDone: (subject: Subject) => boolean;
  /** The words for one that is; default `web is READY`. */
  readonly say?: (subject: Subject, changed: boolean) => string;
}

/** Prints what became of a command and returns the exit code: 1 where it is not done in time, or ended otherwise. */
export function tellOutcome(operation: Operation, call: ControlCall, { isDone, say = sayState }: Judgement): number {
  const { context, json, options } = call;
  const subjects = toSubjects(operation);
  if (json) context.stdout.write(`${JSON.stringify(operation, undefined, 2)}\n`);
  if (operation.state === 'running') return tellRunning(operation, call);
  const failed = subjects.filter((subject) => !isDone(subject));
  if (!json) {
    const done = subjects.filter(isDone).map((subject) => say(subject, operation.changed));
    context.stdout.write(done.map((line) => `${line}\n`).join(''));
  }
  context.stderr.write(failed.map((subject) => `pm: ${sayFailure(subject)}\n`).join(''));
  return failed.length === 0 || options['wait'] === false ? exitCodes.ok : exitCodes.failed;
}

/** Instances that were named by themselves stand for themselves. Pure. */
export function toSubjects({ targets, processes }: Pick<Operation, 'targets' | 'processes'>): Subject[] {
  const named = new Set(targets.flatMap((target) => target.split(',')));
  return processes.flatMap((process): Subject[] => {
    const instances = named.has(process.name) ? [] : process.instances.filter(({ id }) => named.has(id));
    return instances.length === 0 ? [toSubject(process)] : instances.map(toInstanceSubject);
  });
}

function toSubject({ name, state, instances, reason }: ProcessStatus): Subject {
  return { name, state, pid: instances.length === 1 ? (instances[0]?.pid ?? null) : null, reason };
}

function toInstanceSubject({ id, state, pid, reason }: InstanceStatus): Subject {
  return { name: id, state, pid, reason };
}

function tellRunning({ id, command, targets }: Operation, { context, options, json }: ControlCall): number {
  const what = [command, ...targets].join(' ');
  if (options['wait'] !== false) {
    context.stderr.write(
      `pm: ${what}: not done in time; it goes on (operation ${id})\n  "pm why NAME" tells what it waits for; --timeout waits longer.\n`,
    );
    return exitCodes.failed;
  }
  if (!json) context.stdout.write(`${what}: accepted (operation ${id})\n`);
  return exitCodes.ok;
}

function sayState({ name, state, pid }: Subject, changed: boolean): string {
  return `${name} is ${state}${changed ? '' : ' already'}${pid === null ? '' : ` (pid ${pid})`}`;
}

/** A reason may hold what a service or its health check wrote. */
export function sayFailure({ name, state, reason }: Pick<Subject, 'name' | 'state' | 'reason'>): string {
  return toPlain(`${name} is ${state}${reason === undefined ? '' : `: ${reason}`}`);
}
