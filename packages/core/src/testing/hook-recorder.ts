import type { HookName, PluginHooks } from '../hooks/hooks.ts';
import { hookTable } from '../hooks/table.ts';
import type { PluginDefinition } from '../plugin/plugin.ts';

/** A plugin that records, and what it recorded. */
export interface HookRecorder {
  /** `instance.spawned web-1 STARTING`: every firing so far, in order. A test may empty it. */
  readonly fired: string[];
  /** The plugin that records: it taps every hook and changes nothing. */
  readonly plugin: PluginDefinition;
}

/** What is recorded. */
export interface HookRecorderOptions {
  /** Hooks that are not recorded. Default `log.line`: there is one for every line. */
  readonly except?: readonly HookName[];
}

/** Records which hooks fire, in which order, about whom. */
export function createHookRecorder({ except = ['log.line'] }: HookRecorderOptions = {}): HookRecorder {
  const fired: string[] = [];
  const names = (Object.keys(hookTable) as HookName[]).filter((name) => !except.includes(name));
  return {
    fired,
    plugin: {
      name: 'hook-recorder',
      setup(pm) {
        for (const name of names) {
          tapAny(pm.hooks, name, (...args) => void fired.push([name, ...toSubject(args)].join(' ')));
        }
      },
    },
  };
}

/** One function for hooks of every shape: it returns nothing, which is neutral in all of them. */
function tapAny(hooks: PluginHooks, name: HookName, tap: (...args: unknown[]) => void): void {
  const [group, member] = name.split('.') as [string, string];
  (hooks as unknown as Record<string, Record<string, { tap(tap: (...args: unknown[]) => void): void }>>)[group]?.[
    member
  ]?.tap(tap);
}

/** Whom a firing is about: an instance or a process with its state, a command, a plugin, a reason. */
function toSubject([first]: readonly unknown[]): readonly string[] {
  if (typeof first === 'string' || typeof first === 'number') return [String(first)];
  if (typeof first !== 'object' || first === null) return [];
  const { id, instance, plugin, name, type, state } = first as Readonly<Record<string, unknown>>;
  const subject = id ?? instance ?? plugin ?? name ?? type;
  return [subject, state].filter((part) => typeof part === 'string');
}
