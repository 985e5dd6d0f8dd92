import { foldAliases } from '../config/aliases.ts';
import type { Diagnostic } from '../config/diagnostic.ts';
import { interpolateConfig } from '../config/interpolate-config.ts';
import { type Layer, type Merged, mergeLayers } from '../config/layer.ts';
import type { Sources } from '../config/load.ts';
import { createSectionRegistry, type SectionRegistry } from '../config/sections.ts';
import { PluginError } from '../errors.ts';
import { deepFreeze } from '../hooks/freeze.ts';
import type { Facts } from '../hooks/payloads.ts';
import type { PluginHost } from '../plugin/host.ts';
import type { SetUp } from '../plugin/set-up.ts';
import type { Trial } from '../plugin/trial.ts';
import type { PlannerPorts, PlanRequest } from '../planner.ts';
import { readPluginLayer, toSectionOwners } from './plugin-layers.ts';
import { mayWish, toWishes, type Wish } from './plugin-requests.ts';
import { toConfigError, toLooseDiagnostic, toPluginDiagnostics } from './problems.ts';

/** What is known of plugins after they had their say: kept, so that a process declared at run time need not ask them again. */
export interface Contributions {
  readonly facts: Facts;
  readonly layers: ReadonlyMap<SetUp, Layer>;
}

export interface GatherInputs {
  readonly request: PlanRequest;
  readonly ports: PlannerPorts;
  readonly host: PluginHost;
  readonly trial: Trial;
  readonly sources: Sources;
  /** Files, flags, processes declared at run time. */
  readonly layers: readonly Layer[];
  /** Instances of templates that were asked for at run time: `openvpn@eu`. */
  readonly instantiate: readonly string[];
  /** What plugins in force said before; absent to ask them all again. */
  readonly remembered?: Contributions;
}

export interface Gathered extends Contributions {
  readonly registry: SectionRegistry;
  /** Every layer: the user's and the plugins'. */
  readonly all: readonly Layer[];
}

/**
 * Brings plugins together: those the user names, those that own a key in use, and, since a plugin's layer may use keys
 * of another, once more until none is missing. Each joins once, so it ends. Throws ConfigError with all problems.
 */
export async function gatherPlugins(inputs: GatherInputs): Promise<Gathered> {
  const { trial, host, layers } = inputs;
  const carried = Object.entries(inputs.ports.bundled ?? {});
  const bundled = new Set(carried.map(([name]) => name));
  const always = carried.filter(([, plugin]) => plugin.always === true).map(([name]) => name);
  const wished = new Set<string>();
  let said: Contributions = { facts: {}, layers: new Map() };
  for (;;) {
    const registry = createRegistry(inputs);
    const all = [
      ...layers,
      ...trial.setUps.map((setUp) => said.layers.get(setUp)).filter((layer) => layer !== undefined),
    ];
    const context = { bundled, always, registry };
    if (!all.some(({ value }) => mayWish(value, wished, context))) return { ...said, registry, all };
    const { merged, diagnostics } = merge(all, { registry, inputs });
    const wishes = toNext(toWishes(merged.value, context).filter(({ key }) => !wished.has(key)));
    if (wishes.length === 0) return { ...said, registry, all };
    refuseHoles(diagnostics, inputs);
    for (const { key } of wishes) wished.add(key);
    await admit(wishes, merged, inputs);
    sayOnce(wishes, host);
    said = await listen(said, merged, inputs);
  }
}

/** Those the user names, and those always on, come first: a key that one of them owns switches nothing else on. */
function toNext(wishes: readonly Wish[]): readonly Wish[] {
  const named = wishes.filter(({ reason }) => reason !== 'owned-key');
  return named.length > 0 ? named : wishes;
}

/** Throws ConfigError where two plugins own the same key. */
function createRegistry({ trial, sources }: GatherInputs): SectionRegistry {
  try {
    return createSectionRegistry(toSectionOwners(trial.setUps));
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw toConfigError([toLooseDiagnostic(error)], { ...sources, cause: error });
  }
}

function merge(
  layers: readonly Layer[],
  { registry, inputs }: { registry: SectionRegistry; inputs: GatherInputs },
): ReturnType<typeof interpolateConfig> {
  const { request, sources } = inputs;
  const raw = mergeLayers(
    layers.map((layer) => foldAliases(layer, registry).layer),
    registry.rules,
  );
  return interpolateConfig(raw, { env: request.env, readFile: sources.readFile });
}

/** A plugin must not be created from options with a variable missing; other holes are told by the gates. */
function refuseHoles(diagnostics: readonly Diagnostic[], { sources }: GatherInputs): void {
  if (diagnostics.some(({ path }) => path.startsWith('plugins.'))) throw toConfigError(diagnostics, sources);
}

async function admit(wishes: readonly Wish[], merged: Merged, { trial, sources }: GatherInputs): Promise<void> {
  const problems = await trial.admit(wishes);
  if (problems.length === 0) return;
  const pathOf = (key: string): string => wishes.find((wish) => wish.key === key)?.path ?? 'plugins';
  const diagnostics = problems.flatMap(({ key, error }) => toPluginDiagnostics(error, { path: pathOf(key), merged }));
  throw toConfigError(diagnostics, { ...sources, cause: problems[0]?.error });
}

function sayOnce(wishes: readonly Wish[], host: PluginHost): void {
  for (const { key, path, reason } of wishes) {
    if (reason === 'owned-key') host.notice(`plugin ${key} is on, because ${path} is its key`);
  }
}

/** Facts, then the layer, of every plugin that was not heard yet. */
async function listen(said: Contributions, merged: Merged, inputs: GatherInputs): Promise<Contributions> {
  const { trial, host, ports, remembered } = inputs;
  const known = (setUp: SetUp): Layer | undefined => said.layers.get(setUp) ?? remembered?.layers.get(setUp);
  const newcomers = trial.setUps.filter((setUp) => known(setUp) === undefined);
  const found =
    newcomers.length === 0
      ? []
      : await host.hooks.config.detect.fire(host.project, { only: new Set(newcomers.map(({ owner }) => owner)) });
  const facts: Facts = deepFreeze(Object.assign({}, remembered?.facts, said.facts, ...found));
  const declared = deepFreeze(structuredClone(merged.value));
  const layers = new Map<SetUp, Layer>();
  for (const setUp of trial.setUps) {
    layers.set(
      setUp,
      known(setUp) ?? (await readLayer(setUp, { clock: ports.clock, project: host.project, facts, declared }, inputs)),
    );
  }
  return { facts, layers };
}

async function readLayer(
  setUp: SetUp,
  from: Parameters<typeof readPluginLayer>[1],
  { sources }: GatherInputs,
): Promise<Layer> {
  try {
    return await readPluginLayer(setUp, from);
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    throw toConfigError([toLooseDiagnostic(error)], { ...sources, cause: error });
  }
}
