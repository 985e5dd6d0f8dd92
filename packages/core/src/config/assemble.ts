import { foldAliases } from './aliases.ts';
import { addFrames } from './diagnostic.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Draft } from './draft.ts';
import { readEnvOverrides } from './env-overrides.ts';
import { interpolateConfig } from './interpolate-config.ts';
import type { InterpolationSources } from './interpolate.ts';
import { isMap, mergeLayers } from './layer.ts';
import type { Layer, Merged } from './layer.ts';
import { checkShape } from './shape.ts';
import type { SectionRegistry } from './sections.ts';

export interface AssembleInput {
  /** Every layer but that of the environment: files, profiles, plugins, flags, in any order of kinds. */
  readonly layers: readonly Layer[];
  readonly registry: SectionRegistry;
  readonly sources: InterpolationSources;
  /** Texts of the files by path, for the code frames. */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface Assembled {
  /** Absent when there is an error. */
  readonly draft?: Draft;
  /** Merged and interpolated: for positions and provenance of what comes after. */
  readonly merged: Merged;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * From layers to a draft: folds aliases, adds the overrides of the environment (which need to know the processes that
 * the other layers name), merges, interpolates, and passes the shape gate. All problems of all steps at once.
 */
export async function assembleConfig({
  layers,
  registry,
  sources,
  texts = new Map(),
}: AssembleInput): Promise<Assembled> {
  const folded = layers.map((layer) => foldAliases(layer, registry));
  const lower = mergeLayers(
    folded.map((it) => it.layer),
    registry.rules,
  );
  const overrides = await readEnvOverrides(sources.env, { processes: processNames(lower), registry });
  const raw = mergeLayers([...folded.map((it) => it.layer), overrides.layer], registry.rules);
  const interpolated = interpolateConfig(raw, sources);
  const shape = await checkShape(interpolated.merged, registry);
  const diagnostics = [
    ...folded.flatMap((it) => it.diagnostics),
    ...overrides.diagnostics,
    ...interpolated.diagnostics,
    ...withoutEchoes(shape.diagnostics, interpolated.diagnostics),
  ];
  const hasError = diagnostics.some((it) => it.severity === 'error');
  return {
    merged: interpolated.merged,
    diagnostics: addFrames(diagnostics, texts),
    ...(shape.draft === undefined || hasError ? {} : { draft: shape.draft }),
  };
}

// A variable that is not set leaves a hole, and the schema would complain about the hole as well.
function withoutEchoes(found: readonly Diagnostic[], earlier: readonly Diagnostic[]): readonly Diagnostic[] {
  const paths = new Set(earlier.map((it) => it.path));
  return found.filter((it) => !paths.has(it.path));
}

function processNames(merged: Merged): string[] {
  const processes = merged.value['processes'];
  return isMap(processes) ? Object.keys(processes) : [];
}
