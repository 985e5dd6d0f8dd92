import type { HookDraft, HooksDraft, ProcessHooksDraft } from '../draft.ts';
import { once } from '../once.ts';
import { command, shell } from './command.ts';
import { account, variables } from './environment.ts';
import { duration, flag, integer, text } from './leaf.ts';
import type { Schema } from './leaf.ts';
import { listOf, mapOf } from './structure.ts';
import type { Entries } from './leaf.ts';

/** One hook: a command with a time limit and tries. */
export const hook: () => Schema<HookDraft> = once(() =>
  mapOf<HookDraft>(hookEntries(), { what: 'a hook such as {command: [php, artisan, migrate]}', required: ['command'] }),
);

function hookEntries(): Entries {
  return {
    name: text({ what: 'a name' }),
    command: command(),
    shell: shell(),
    timeout: duration(),
    retry: integer({ min: 0, max: 1000, example: 2 }),
    retry_delay: duration(),
    continue_on_error: flag(),
    env: variables(),
    working_dir: text({ what: 'a folder' }),
    user: account('user'),
  };
}

function hookLists(names: readonly string[]): Entries {
  return Object.fromEntries(names.map((name) => [name, listOf(hook(), { what: 'a list of hooks' })]));
}

const globalHooks = ['pre_start', 'post_start', 'pre_stop', 'post_stop'] as const;

export function hooks(): Schema<HooksDraft> {
  return mapOf<HooksDraft>(hookLists(globalHooks), { what: `a map of ${globalHooks.join(', ')}` });
}

export function processHooks(): Schema<ProcessHooksDraft> {
  const names = [...globalHooks, 'finish'];
  return mapOf<ProcessHooksDraft>(hookLists(names), { what: `a map of ${names.join(', ')}` });
}
