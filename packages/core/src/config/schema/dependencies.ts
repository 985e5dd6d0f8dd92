import type { ConditionDraft, DependencyDraft } from '../draft.ts';
import { emptyMap, isMap } from '../layer.ts';
import { command } from './command.ts';
import { accept, duration, flag, leaf, mismatch, oneOf, path, text } from './leaf.ts';
import type { Schema } from './leaf.ts';
import { choiceOf, listOf, mapOf, recordOf, refine } from './structure.ts';

const dependencyForms = 'a name, a list of names, or a map such as {db: {condition: ready}}';

/** A name, a list, or a map of names to conditions: always a map afterwards. */
export function dependencies(): Schema<Record<string, DependencyDraft>> {
  const names = listOf(text({ what: 'the name of a process' }), { what: dependencyForms, orOne: true });
  const byName = recordOf(dependency(), { what: dependencyForms, whenEmpty: {} });
  return choiceOf<Record<string, DependencyDraft>>({ what: dependencyForms, form: 'list', type: 'name, list or map' }, [
    { when: isMap, schema: byName },
    { when: () => true, schema: refine(names, toDependencyMap) },
  ]);
}

function dependency(): Schema<DependencyDraft> {
  return mapOf<DependencyDraft>(
    { condition: oneOf(['started', 'ready', 'completed']), timeout: duration(), restart: flag(), optional: flag() },
    { what: 'a map such as {condition: ready}' },
  );
}

function toDependencyMap(names: readonly string[]): Record<string, DependencyDraft> {
  const map = emptyMap() as Record<string, DependencyDraft>;
  for (const name of names) map[name] = {};
  return map;
}

/** One delay, or one per dependency. */
export function waitAfter(): Schema<number | Record<string, number>> {
  return choiceOf<number | Record<string, number>>(
    { what: 'a duration or a map such as {db: 3s}', form: 'map', type: 'duration or map' },
    [
      { when: isMap, schema: recordOf(duration(), { what: 'a map such as {db: 3s}' }) },
      { when: () => true, schema: duration() },
    ],
  );
}

export function conflicts(): Schema<string[]> {
  return listOf(text({ what: 'the name of a process' }), { what: 'a name or a list of names', orOne: true });
}

/** `only_if` and `skip_if`. An empty one would always hold, which nobody means. */
export function condition(): Schema<ConditionDraft> {
  const entries = { env: variableTest(), file: path(), command: command() };
  return refine(mapOf<ConditionDraft>(entries, { what: 'a map with env, file or command' }), (value, fail) => {
    if (Object.keys(value).length === 0) fail('needs at least one of env, file, command');
    return value;
  });
}

function variableTest(): Schema<NonNullable<ConditionDraft['env']>> {
  return leaf({ type: 'NAME or NAME=VALUE', json: { type: 'string' } }, (input) => {
    const [, name, , value] = typeof input === 'string' ? (/^([A-Za-z_]\w*)(=(.*))?$/s.exec(input) ?? []) : [];
    if (name === undefined) return mismatch('NAME or NAME=VALUE', input);
    return accept(value === undefined ? { name } : { name, value });
  });
}
