import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isMap, type Layer, type RawMap } from '../config/layer.ts';
import type { SectionOwner, SectionPlace } from '../config/sections.ts';
import { PluginError } from '../errors.ts';
import type { Facts, Project } from '../hooks/payloads.ts';
import type { Clock } from '../os/clock.ts';
import { runStep } from '../plugin/limit.ts';
import type { SectionDeclaration, SectionDetails } from '../plugin/plugin.ts';
import type { SetUp } from '../plugin/set-up.ts';

export interface LayerInputs {
  readonly clock: Clock;
  readonly project: Project;
  readonly facts: Facts;
  /** What the user declared; frozen. */
  readonly declared: RawMap;
}

const layerLimitMs = 5_000;

/** The layer of one plugin; empty where it has none. Throws PluginError. */
export async function readPluginLayer(setUp: SetUp, inputs: LayerInputs): Promise<Layer> {
  const { name, definition, timings } = setUp;
  const { clock, project, facts, declared } = inputs;
  const notes = new Map<string, string>();
  const startedAt = clock.monotonic();
  const note = (path: string, text: string): void => void notes.set(path, text);
  const step = { clock, plugin: name, step: 'layer', limitMs: layerLimitMs };
  const value = await runStep(step, async () =>
    toOwnMap(await definition.layer?.(facts, { project, declared, note }), name),
  );
  timings.layerMs = clock.monotonic() - startedAt;
  return { layer: 'plugin', from: name, value, note: (path) => notes.get(path) };
}

/** A copy: what a plugin keeps of its layer must not change the plan afterwards. */
function toOwnMap(value: unknown, plugin: string): RawMap {
  if (value === undefined || value === null) return {};
  if (isMap(value)) return structuredClone(value);
  throw new PluginError(
    'PM_PLUGIN_FAILED',
    `the layer of plugin "${plugin}" is no map of configuration keys`,
    { plugin, hook: 'layer' },
    {
      hint: 'Return what a configuration file would hold: { processes: { … } }.',
    },
  );
}

/** The keys that plugins own, for the registry of sections. */
export function toSectionOwners(setUps: readonly SetUp[]): readonly SectionOwner[] {
  return setUps.flatMap(({ name, definition }) =>
    (
      Object.entries(definition.sections ?? {}) as [SectionPlace, Readonly<Record<string, SectionDeclaration>>][]
    ).flatMap(([place, sections]) =>
      Object.entries(sections).map(([key, section]) => toOwner({ plugin: name, place, key }, section)),
    ),
  );
}

function toOwner(at: Pick<SectionOwner, 'plugin' | 'place' | 'key'>, section: SectionDeclaration): SectionOwner {
  const details: SectionDetails = isSchema(section) ? { schema: section } : section;
  if (!isSchema(details.schema)) {
    throw new PluginError(
      'PM_PLUGIN_INVALID',
      `plugin "${at.plugin}": section "${at.key}" has no schema`,
      { plugin: at.plugin, hook: 'sections' },
      {
        hint: 'Give it any Standard Schema v1: valibot, zod, arktype, or your own.',
      },
    );
  }
  const { schema, merge, aliases } = details;
  return { ...at, schema, ...(merge === undefined ? {} : { merge }), ...(aliases === undefined ? {} : { aliases }) };
}

function isSchema(value: unknown): value is StandardSchemaV1 {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value;
}
