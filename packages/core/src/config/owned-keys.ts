import { placeOf } from './sections.ts';
import type { SectionPlace } from './sections.ts';

/** A first-party plugin and the keys it owns, known to core only as words for an error message. */
export interface KnownOwner {
  readonly plugin: string;
  readonly package: string;
}

/**
 * Keys of first-party plugins by place; `*` at an end stands for any ending. Core gives them no meaning: when nobody has
 * registered such a key, this table is how the error can say whose it is.
 */
const ownedKeys: Readonly<Record<string, Partial<Record<SectionPlace, readonly string[]>>>> = {
  healthchecks: {
    process: ['health_check', 'circuit_breaker'],
    global: ['health_check_interval', 'health_check_strict'],
  },
  cron: {
    process: ['schedule', 'schedule_*', 'heartbeat'],
    global: ['schedule_history_size', 'oneshot_history_*'],
  },
  metrics: {
    root: ['readiness'],
    global: ['metrics_*', 'resource_metrics_*', 'readiness', 'tracing_*'],
  },
  logs: {
    logging: ['redaction', 'multiline', 'json', 'level_detection', 'filters', 'files', 'output', 'rate_limit'],
  },
  autotune: { global: ['autotune_memory_threshold'] },
  api: { global: ['api_*', 'audit_enabled'], process: ['scale_locked'] },
};

/** First-party plugins by name, also those that own no key. */
export const knownPlugins: readonly string[] = [...Object.keys(ownedKeys), 'laravel'];

/** Which first-party plugin owns the key at a path. */
export function knownOwnerOf(path: string): KnownOwner | undefined {
  const place = placeOf(path);
  return place === undefined ? undefined : knownOwnerAt(place.place, place.key);
}

function knownOwnerAt(place: SectionPlace, key: string): KnownOwner | undefined {
  for (const [plugin, places] of Object.entries(ownedKeys)) {
    if (places[place]?.some((pattern) => matches(pattern, key)) === true)
      return { plugin, package: `@pm-supervisor/plugin-${plugin}` };
  }
  return undefined;
}

function matches(pattern: string, key: string): boolean {
  return pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : pattern === key;
}

/** Keys without wildcards that a first-party plugin owns at a place, for suggestions. */
export function knownKeysAt(place: SectionPlace): string[] {
  return Object.values(ownedKeys).flatMap((places) => (places[place] ?? []).filter((key) => !key.endsWith('*')));
}
