import type { Draft, PluginDraft } from '../draft.ts';
import { isMap } from '../layer.ts';
import type { SectionRegistry } from '../sections.ts';
import { globalSchema } from './global.ts';
import { hooks } from './hooks.ts';
import { accept, leaf, mismatch, text } from './leaf.ts';
import type { Schema } from './leaf.ts';
import { refuseName, refuseTemplateName } from './names.ts';
import { processSchema } from './process.ts';
import { choiceOf, listOf, mapOf, recordOf, refine } from './structure.ts';
import type { Entries } from './leaf.ts';

/** What the schema makes of the whole file; sections of plugins are added by `checkShape`. */
export type RootOutput = Partial<Omit<Draft, 'sections'>>;

/** `required: false` checks a part (a profile that was not chosen): what is there must be right, nothing must be there. */
export function rootSchema(registry: SectionRegistry, required = true): Schema<RootOutput> {
  return mapOf<RootOutput>(rootEntries(registry, required), {
    what: 'a map with processes',
    foreign: (key) => registry.ownerOf('root', key) !== undefined,
  });
}

export function rootEntries(registry: SectionRegistry, required: boolean): Entries {
  const process = processSchema(registry, required);
  return {
    $schema: text(),
    version: version(),
    name: text({ what: 'a name', numbers: true }),
    global: globalSchema(registry),
    hooks: hooks(),
    processes: recordOf(process, { what: 'a map of processes', name: refuseName, whenEmpty: {} }),
    bundles: recordOf(bundle(), { what: 'a map of bundles', name: refuseName }),
    templates: recordOf(process, { what: 'a map of templates', name: refuseTemplateName, whenEmpty: {} }),
    plugins: plugins(),
  };
}

function version(): Schema<string> {
  return leaf({ type: 'version', json: { enum: ['1.0', '1', 1] } }, (input) => {
    const isKnown = input === 1 || input === '1' || input === '1.0';
    return isKnown
      ? accept('1.0')
      : mismatch('version "1.0"', input, 'It is the version of this format, not of your application.');
  });
}

function bundle(): Schema<string[]> {
  return listOf(text({ what: 'the name of a process or bundle' }), { what: 'a list of names' });
}

/** Plugins by name, or a list of names; `name: false` switches one off. Options are checked by the plugin itself. */
export function plugins(): Schema<PluginDraft[]> {
  const names = listOf(pluginItem(), { what: 'a map or list of plugins' });
  const byName: Schema<PluginDraft[]> = leaf({ type: 'map of plugins', json: { type: 'object' } }, (input) =>
    isMap(input)
      ? accept(Object.entries(input).map(([name, options]) => toPlugin(name, options)))
      : mismatch('a map or list of plugins', input),
  );
  return choiceOf<PluginDraft[]>({ what: 'a map or list of plugins', form: 'map' }, [
    { when: Array.isArray, schema: refine(names, (list) => list) },
    { when: () => true, schema: byName },
  ]);
}

function pluginItem(): Schema<PluginDraft> {
  return leaf({ type: 'name', json: { type: ['string', 'object'] } }, (input) => {
    if (typeof input === 'string' && input !== '') return accept(toPlugin(input, true));
    const [entry, ...others] = isMap(input) ? Object.entries(input) : [];
    if (entry !== undefined && others.length === 0) return accept(toPlugin(...entry));
    return mismatch('the name of a plugin, or {name: options}', input);
  });
}

function toPlugin(name: string, options: unknown): PluginDraft {
  if (options === false) return { name, enabled: false };
  return options === true || options === null || options === undefined
    ? { name, enabled: true }
    : { name, enabled: true, options };
}
