import { didYouMean, listNames } from '../config/suggest.ts';
import { PluginError } from '../errors.ts';
import type { TapRecord } from './guard.ts';
import type { HookName, PluginHooks, TapOptions } from './hooks.ts';
import type { TapOwner } from './owner.ts';
import { toStage } from './stages.ts';
import { hookTable } from './table.ts';

/** What a plugin sees of the hooks: `tap`, stamped with its name. A misspelt hook, option or name is an error that teaches. */
export function createTapFacade(
  owner: TapOwner,
  isKnown: (plugin: string) => boolean,
  add: (hook: HookName, record: TapRecord) => void,
): PluginHooks {
  const groups: Record<string, Record<string, unknown>> = {};
  for (const name of Object.keys(hookTable) as HookName[]) {
    const [group, member] = name.split('.') as [string, string];
    const tap = (fn: unknown, options?: TapOptions): void => add(name, toRecord({ name, owner, isKnown }, fn, options));
    (groups[group] ??= {})[member] = Object.freeze({ tap });
  }
  for (const [group, members] of Object.entries(groups)) groups[group] = refuseUnknown(members, `${group}.`, owner);
  return refuseUnknown(groups, '', owner) as unknown as PluginHooks;
}

interface TapPlace {
  readonly name: HookName;
  readonly owner: TapOwner;
  readonly isKnown: (plugin: string) => boolean;
}

const optionNames = ['stage', 'before', 'critical'];

function toRecord(place: TapPlace, tap: unknown, options: TapOptions = {}): TapRecord {
  const { name, owner, isKnown } = place;
  if (owner.disposed) throw misuse(owner, `${name} cannot be tapped any more: the plugin is disposed`, 'Tap in setup.');
  if (typeof tap !== 'function')
    throw misuse(owner, `tap of ${name} needs a function, got ${typeof tap}`, 'Write tap(fn, options).');
  const unknown = Object.keys(options).find((key) => !optionNames.includes(key));
  if (unknown !== undefined)
    throw misuse(owner, `tap of ${name} has an unknown option "${unknown}"`, suggest(unknown, optionNames));
  const before = options.before === undefined ? [] : [options.before].flat();
  const stranger = before.find((other) => !isKnown(other));
  if (stranger !== undefined) {
    throw misuse(
      owner,
      `tap of ${name} has before: "${stranger}", but no plugin has that name`,
      'Name a plugin that is on, or a bundled one.',
    );
  }
  const critical = options.critical === true;
  if (critical && name !== 'log.line')
    throw misuse(owner, `tap of ${name} cannot be critical`, '"critical" has a meaning on log.line only.');
  return { owner, tap: tap as TapRecord['tap'], stage: toStage(options.stage), before, critical };
}

/** Without this a misspelt hook is "cannot read properties of undefined", far from the mistake. */
function refuseUnknown(members: Record<string, unknown>, prefix: string, owner: TapOwner): Record<string, unknown> {
  return new Proxy(Object.freeze(members), {
    get(target, key) {
      if (typeof key === 'symbol' || key in target || key === 'then' || key === 'toJSON') return target[key as string];
      const names = Object.keys(hookTable);
      throw misuse(
        owner,
        `there is no hook "${prefix}${key}"`,
        suggest(`${prefix}${key}`, prefix === '' ? Object.keys(target) : names),
      );
    },
  });
}

function suggest(word: string, candidates: readonly string[]): string {
  return didYouMean(word, candidates) ?? `There are: ${listNames(candidates)}.`;
}

function misuse({ plugin }: TapOwner, message: string, hint: string): PluginError {
  return new PluginError('PM_PLUGIN_INVALID', `plugin "${plugin}": ${message}`, { plugin, hook: 'tap' }, { hint });
}
