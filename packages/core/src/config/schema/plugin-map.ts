import { closest, listNames } from '../suggest.ts';
import { type Entries, type Schema, toIssueText } from './leaf.ts';
import { mapOf as mapOfCore } from './structure.ts';

/** What the map is, for `expected …, got a list`, and the keys it must have. */
interface PluginMapOptions {
  readonly what: string;
  readonly required?: readonly string[];
}

/** A map with known keys, of a plugin: the map itself knows which keys there are, so it can say what was meant. */
export function mapOf<T>(entries: Entries, options: PluginMapOptions): Schema<T> {
  const names = Object.keys(entries);
  return mapOfCore<T>(entries, {
    ...options,
    unknown(key) {
      const meant = closest(key, names);
      return toIssueText(
        `unknown key "${key}"`,
        meant === undefined ? `Allowed here: ${listNames(names, 40)}.` : `Did you mean "${meant}"?`,
      );
    },
  });
}
