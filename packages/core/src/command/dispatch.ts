import { CommandError } from '../errors.ts';
import type { Caller, EventPayloads, EventType } from '../event/event.ts';
import type { ProcessView, Snapshot } from '../instance/view.ts';
import type { Clock } from '../os/clock.ts';
import type { PlanDiff } from '../plan/spec.ts';
import type { Roster } from '../unit/roster.ts';
import { performers, type Performance, type PerformerContext } from './perform.ts';
import type { Command, CommandResult, CommandType, DispatchOptions, Refusal } from './command.ts';

/** A change of the plan that is in force. */
export interface PlanStep {
  readonly diff: PlanDiff;
  /** What was taken away is gone, what changed has restarted, what is new was started. */
  readonly done: Promise<void>;
}

/** Changes of the plan, one after the other; each answers with what it changed (or would change) when it is in force. */
export interface PlanChanges {
  applyConfig(dryRun: boolean): Promise<PlanStep>;
  put(name: string, declaration: unknown): Promise<PlanStep>;
  remove(name: string): Promise<PlanStep>;
  reconcile(
    label: readonly [string, string],
    declarations: Readonly<Record<string, unknown>>,
    dryRun: boolean,
  ): Promise<PlanStep>;
}

export interface DispatchContext extends PerformerContext {
  readonly clock: Clock;
  readonly roster: Roster;
  phase(): Snapshot['phase'];
  /** Asks the plugins. */
  refusal(command: Command, caller: Caller): Refusal | undefined;
  emit<T extends EventType>(type: T, payload: EventPayloads[T]): void;
}

/** Carries out a command. Rejects with CommandError when it is refused, wrong, or not done in time. */
export type Dispatch = (command: Command, options: DispatchOptions) => Promise<CommandResult>;

/** These still have a meaning while everything stops. */
const duringDrain: ReadonlySet<CommandType> = new Set<CommandType>(['shutdown', 'stop', 'signal', 'ready', 'unready']);

/**
 * The one door to change anything. Refuses, records who asked, carries out, and waits where asked to.
 * Throws CommandError: refused, unknown target, invalid, or not done within `waitMs`.
 */
export function createDispatch(context: DispatchContext): Dispatch {
  return async (command, options) => {
    const names = toTargetNames(command);
    refuseIfNeeded(command, options, names, context);
    const performance = await perform(command, options.caller, context);
    context.emit('command.accepted', { command: command.type, targets: names, ...toAsker(options) });
    options.onAccepted?.(toResult(performance, context.roster));
    if ((options.waitMs ?? 0) > 0) await awaitPerformance(command, performance, options, context);
    return toResult(performance, context.roster);
  };
}

/** Who, and from where: said of every command, carried out or not. */
function toAsker({ caller, from }: DispatchOptions): { readonly caller: Caller; readonly from?: string } {
  return { caller, ...(from === undefined ? {} : { from }) };
}

function refuseIfNeeded(
  command: Command,
  options: DispatchOptions,
  targets: readonly string[],
  context: DispatchContext,
): void {
  const refusal = toPhaseRefusal(command, context) ?? context.refusal(command, options.caller);
  if (refusal === undefined) return;
  context.emit('command.refused', { command: command.type, targets, ...toAsker(options), message: refusal.message });
  throw new CommandError(
    'PM_COMMAND_REFUSED',
    refusal.message,
    refusal.hint === undefined ? {} : { hint: refusal.hint },
  );
}

function toPhaseRefusal(command: Command, context: DispatchContext): Refusal | undefined {
  const phase = context.phase();
  const ending = phase === 'draining' || phase === 'stopped';
  return ending && !duringDrain.has(command.type) ? { message: `cannot ${command.type}: shutting down` } : undefined;
}

function perform<T extends CommandType>(
  command: Extract<Command, { type: T }>,
  caller: Caller,
  context: DispatchContext,
): Promise<Performance> {
  // The table is total by type; indexing by a generic key loses that link.
  const performer = performers[command.type] as (
    command: Command,
    caller: Caller,
    context: PerformerContext,
  ) => Promise<Performance>;
  return performer(command, caller, context);
}

async function awaitPerformance(
  command: Command,
  { settled, finish }: Performance,
  options: DispatchOptions,
  { clock, roster }: DispatchContext,
): Promise<void> {
  const limit = new AbortController();
  const timer = clock.after(options.waitMs ?? 0, () => limit.abort());
  const signal = options.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, options.signal]);
  const settling =
    finish === undefined ? roster.until(settled, signal) : finish.then(() => roster.until(settled, signal));
  try {
    if (!(await Promise.race([settling, untilAborted(signal)]))) throw toTimeout(command, options);
  } finally {
    timer.cancel();
    limit.abort();
  }
}

function untilAborted(signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}

function toTimeout(command: Command, options: DispatchOptions): CommandError {
  const what = [command.type, ...toTargetNames(command)].join(' ');
  return new CommandError(
    'PM_COMMAND_TIMEOUT',
    `${what}: not done within ${(options.waitMs ?? 0) / 1000} s; it goes on`,
    {
      hint: '"pm why NAME" tells what it waits for.',
    },
  );
}

function toResult({ changed, units, diff }: Performance, roster: Roster): CommandResult {
  const processes = units
    .map((name) => roster.get(name)?.view())
    .filter((view): view is ProcessView => view !== undefined);
  return { changed, processes, ...(diff === undefined ? {} : { diff }) };
}

function toTargetNames(command: Command): readonly string[] {
  if ('targets' in command) return command.targets;
  if ('process' in command) return [command.process];
  if ('name' in command) return [command.name];
  return [];
}
