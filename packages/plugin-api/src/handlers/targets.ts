import { CommandError, findTargets, type ProcessView } from '@pm-supervisor/core';
import type { ApiContext } from './handler.ts';

/** `web,queue-2,label=tier=front` as names. No name can hold a comma. */
export function toNames(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}

/** The processes that names come to, each once. Throws CommandError with a did-you-mean. */
export function findProcesses(context: ApiContext, names: readonly string[]): readonly ProcessView[] {
  const wanted = new Set(findAll(context, names).map(({ process }) => process));
  return context.pm.snapshot().processes.filter(({ name }) => wanted.has(name));
}

/** Says whether a source of output is among those named: a whole process, also instances to come, or one instance. */
export function findSources(
  context: ApiContext,
  names: readonly string[],
): (source: { process: string; instance: string }) => boolean {
  const known = names.filter((name) => name !== ownName);
  const targets = known.length === 0 ? [] : findAll(context, known);
  const processes = new Set(targets.filter(({ index }) => index === undefined).map(({ process }) => process));
  const instances = new Set(
    targets.filter(({ index }) => index !== undefined).map(({ process, index }) => `${process}-${index}`),
  );
  if (names.includes(ownName)) processes.add(ownName);
  return ({ process, instance }) => processes.has(process) || instances.has(instance);
}

/** What the supervisor's own records are kept under. */
const ownName = 'pm';

function findAll(
  { plan }: ApiContext,
  names: readonly string[],
): readonly { readonly process: string; readonly index?: number }[] {
  const current = plan();
  if (current === undefined) return [];
  const found = findTargets(current, names);
  if (!found.ok) throw new CommandError('PM_COMMAND_UNKNOWN_TARGET', found.message, { hint: found.hint });
  return found.targets;
}
