import type { Provenance } from '../plan/spec.ts';
import type { Diagnostic } from './diagnostic.ts';
import { instanceVariables, interpolate } from './interpolate.ts';
import type { InterpolationSources } from './interpolate.ts';
import { emptyMap, isMap } from './layer.ts';
import type { Merged, RawMap } from './layer.ts';
import { formatPath } from './path.ts';
import type { PathSegment } from './path.ts';
import { toDiagnostic } from './problem.ts';

export interface InterpolatedConfig {
  readonly merged: Merged;
  readonly diagnostics: readonly Diagnostic[];
}

// What arrives through the environment, flags or the API has had its expansion, or must not get one: a caller of the
// API could otherwise read any file with ${file:…}.
const literalLayers: ReadonlySet<Provenance['layer']> = new Set(['env', 'flag', 'dynamic']);

/** Expands `${…}` in every text of merged layers. Keys are never expanded, and what was expanded is never parsed as YAML. */
export function interpolateConfig(merged: Merged, sources: InterpolationSources): InterpolatedConfig {
  const walk: Walk = { merged, sources, diagnostics: [], secrets: new Set() };
  const value = expandValue(merged.value, [], walk) as RawMap;
  const { positionOf, sourceOf } = merged;
  const result: Merged = {
    value,
    positionOf,
    sourceOf,
    secrets: walk.secrets,
    get provenance(): Merged['provenance'] {
      return merged.provenance;
    },
  };
  return { merged: result, diagnostics: walk.diagnostics };
}

interface Walk {
  readonly merged: Merged;
  readonly sources: InterpolationSources;
  readonly diagnostics: Diagnostic[];
  readonly secrets: Set<string>;
}

function expandValue(value: unknown, at: readonly PathSegment[], walk: Walk): unknown {
  if (typeof value === 'string') return value.includes('${') ? expandText(value, at, walk) : value;
  if (Array.isArray(value)) return value.map((item, index) => expandValue(item, [...at, index], walk));
  if (!isMap(value)) return value;
  const result = emptyMap();
  for (const [key, item] of Object.entries(value)) result[key] = expandValue(item, [...at, key], walk);
  return result;
}

function expandText(text: string, at: readonly PathSegment[], walk: Walk): string {
  const path = formatPath(at);
  const source = walk.merged.sourceOf(path);
  if (source !== undefined && literalLayers.has(source.layer)) return text;
  const deferred = deferredAt(at, walk.merged.value);
  const { text: result, problems, isSecret } = interpolate(text, walk.sources, deferred);
  if (isSecret && result !== '') walk.secrets.add(result);
  const early = deferred.length === 0 ? findInstanceVariable(text) : undefined;
  for (const { message, hint } of early === undefined ? problems : [toTooEarly(early)]) {
    walk.diagnostics.push(toDiagnostic({ path, text: `${message}\n${hint}` }, walk.merged));
  }
  return result;
}

/**
 * Keys of a process that are read before there are instances. The rest of core's keys (command, env, working_dir, hooks, …)
 * expand per instance, and a plugin's keys are the plugin's to expand.
 */
export const planKeys: ReadonlySet<string> = new Set([
  'enabled',
  'only_if',
  'skip_if',
  'type',
  'shell',
  'reload_signal',
  'initial_state',
  'env_file',
  'user',
  'group',
  'umask',
  'nice',
  'oom_score_adj',
  'limits',
  'resources',
  'max_memory',
  'tty',
  'priority',
  'depends_on',
  'wait_after',
  'conflicts_with',
  'required',
  'restart',
  'restart_backoff',
  'max_restart_attempts',
  'restart_stability_window',
  'success_exit_codes',
  'scale',
  'max_scale',
  'port_base',
  'post_script_timeout',
  'labels',
  'logging',
]);

/** Which instance variables stay for later at a path. `PORT` is one only in a process with `port_base`; elsewhere it is the environment's. */
function deferredAt(at: readonly PathSegment[], root: RawMap): readonly string[] {
  const [first, name, key] = at;
  if (first === 'plugins') return instanceVariables;
  if (first === 'global') return name === 'env' || name === 'working_dir' ? withoutPort : [];
  if ((first !== 'processes' && first !== 'templates') || typeof key !== 'string') return [];
  if (planKeys.has(key) || isFixedBelow(key, at.at(-1))) return [];
  return hasPortBase(root, first, String(name)) ? instanceVariables : withoutPort;
}

/** A hook's name and user, and the pattern of a log line, are not an instance's. */
function isFixedBelow(key: string, last: PathSegment | undefined): boolean {
  if (key === 'ready') return last === 'log';
  return (key === 'hooks' || key === 'shutdown') && (last === 'name' || last === 'user');
}

const withoutPort = instanceVariables.filter((name) => name !== 'PORT');

function hasPortBase(root: RawMap, kind: string, name: string): boolean {
  const processes = root[kind];
  const process = isMap(processes) ? processes[name] : undefined;
  return isMap(process) && process['port_base'] !== undefined && process['port_base'] !== null;
}

function findInstanceVariable(text: string): string | undefined {
  return /(?<!\$)\$\{(PM_INSTANCE|PM_INSTANCE_INDEX|PM_PROCESS)(?::-[^}]*)?\}/.exec(text)?.[1];
}

function toTooEarly(name: string): { message: string; hint: string } {
  return {
    message: `${name} is known only to a running instance, not here`,
    hint: 'Instance variables expand in command, env, working_dir, stdin, log_file, hooks, ready and health checks of a process.',
  };
}
