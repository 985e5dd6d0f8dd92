import type { Diagnostic } from '../config/diagnostic.ts';
import type { Draft } from '../config/draft.ts';
import { joinPath } from '../config/path.ts';
import { keepNeeded, toBootSet, toOnly } from './build/boot-set.ts';
import { toGlobal, toInherited } from './build/global.ts';
import { toGlobalHooks } from './build/hooks.ts';
import { toProcess } from './build/process.ts';
import type { Building, Declared, Inherited } from './build/building.ts';
import { toBundles } from './build/bundles.ts';
import { checkInstanceNames } from './check/names.ts';
import { checkPorts } from './check/ports.ts';
import { checkConflicts, checkCycles, checkPriorities, checkReachable } from './check/relations.ts';
import { checkStopBudget, toLongestStop } from './stop-budget.ts';
import { checkTemplates } from './check/templates.ts';
import type { BuildContext, MachineFacts } from './context.ts';
import { toFrozen, toFrozenMap } from './build/freeze.ts';
import { buildGraph, toLayers } from './graph.ts';
import type { Graph } from './graph.ts';
import { createReport, sortDiagnostics } from './build/report.ts';
import { deepChecks } from './deep-checks.ts';
import type { Plan, PluginUse, ProcessSource, ProcessSpec } from './spec.ts';
import { templateNames, toTemplateInstances } from './templates.ts';

export interface BuiltPlan {
  /** Absent when a diagnostic is an error. */
  readonly plan?: Plan;
  /** Errors and warnings, by position. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The meaning gate: fills in defaults, resolves names, users and files, and checks what only the whole can show.
 * The draft is not changed, the plan is deeply frozen. Asks the machine only through `context.facts`. What a sound plan
 * needs of the machine is asked by `deepChecks`.
 */
export function buildPlan(draft: Draft, context: BuildContext): BuiltPlan {
  const building = toBuilding(draft, context);
  const only = context.only === undefined ? undefined : toOnly(context.only, building);
  const inherited = toInherited(draft.global, building);
  const specs = toSpecs(only, inherited, building);
  const graph = buildGraph(specs.values());
  const parts: Parts = { draft, context, building, inherited, graph, specs, only };
  checkTemplates(draft, parts);
  checkCycles(parts);
  checkPorts(specs, building);
  const plan = toPlan(parts);
  const diagnostics = building.report.list();
  return diagnostics.some(isError)
    ? { diagnostics: withDeepChecks(diagnostics, plan, context) }
    : { plan, diagnostics };
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error';
}

/** A plan that is refused is not checked any further by the caller, and all problems are to be told at once. */
function withDeepChecks(diagnostics: readonly Diagnostic[], plan: Plan, context: BuildContext): readonly Diagnostic[] {
  // Where something is wrong already, the plan holds only a stand-in.
  const known = new Set(diagnostics.filter(isError).map(({ path }) => path));
  return sortDiagnostics([...diagnostics, ...deepChecks(plan, context).filter(({ path }) => !known.has(path))]);
}

interface Parts {
  readonly draft: Draft;
  readonly context: BuildContext;
  readonly building: Building;
  readonly inherited: Inherited;
  readonly graph: Graph;
  readonly specs: ReadonlyMap<string, ProcessSpec>;
  readonly only: readonly string[] | undefined;
}

function toBuilding(draft: Draft, { facts, origin, only = [], instantiate = [] }: BuildContext): Building {
  const report = createReport(origin);
  const asked = rememberUsers(facts);
  const instances = toTemplateInstances(draft, { only, instantiate }, report);
  const written = Object.entries(draft.processes).map(([name, process]): Declared => {
    const path = joinPath('processes', name);
    return { name, path, draft: process, source: toSource(origin.sourceOf(joinPath(path, 'command'))?.layer) };
  });
  const declared = new Map([...written, ...instances].map((each) => [each.name, each]));
  const bundles = toBundles(draft.bundles, new Set(declared.keys()), report);
  return { facts: asked, origin, report, declared, bundles, templates: templateNames(draft) };
}

/** A thousand processes of one user look it up once. */
function rememberUsers(facts: MachineFacts): MachineFacts {
  const known = new Map<string, ReturnType<MachineFacts['resolveUser']>>();
  const resolveUser: MachineFacts['resolveUser'] = (user, group) => {
    const key = JSON.stringify([user, group]);
    const found = known.get(key) ?? facts.resolveUser(user, group);
    known.set(key, found);
    return found;
  };
  return { ...facts, resolveUser };
}

/** Who declared a process is who wrote its command. */
function toSource(layer: string | undefined): ProcessSource {
  return layer === 'plugin' || layer === 'dynamic' ? layer : 'file';
}

function toSpecs(
  only: readonly string[] | undefined,
  inherited: Inherited,
  building: Building,
): ReadonlyMap<string, ProcessSpec> {
  const kept = only === undefined ? new Set(building.declared.keys()) : keepNeeded(only, building);
  const specs = new Map<string, ProcessSpec>();
  for (const declared of building.declared.values()) {
    if (kept.has(declared.name)) specs.set(declared.name, toProcess(declared, inherited, building));
  }
  for (const [name, ceiling] of checkInstanceNames(specs, building)) {
    const spec = specs.get(name);
    if (spec !== undefined) specs.set(name, { ...spec, maxScale: ceiling });
  }
  return specs;
}

function toPlan(parts: Parts): Plan {
  const { draft, context, building, inherited, graph, specs, only } = parts;
  const bundles = toKeptBundles(building.bundles, specs);
  const booting = toBootSet({ specs, bundles, graph, only });
  const relations = { ...parts, booting: new Set(booting) };
  checkReachable(relations);
  checkPriorities(relations);
  checkConflicts(relations);
  const hooks = toGlobalHooks(draft.hooks, building);
  const longest = toLongestStop(graph, specs, hooks);
  const global = toGlobal(draft.global, { inherited, longestStopMs: longest.totalMs, building });
  checkStopBudget(longest, global.shutdownTimeoutMs, building.report);
  return Object.freeze({
    ...(draft.name === undefined ? {} : { name: draft.name }),
    global: toFrozen(global),
    hooks: toFrozen(hooks),
    processes: toFrozenMap(specs),
    bundles: toFrozenMap(bundles),
    templates: toFrozenMap(Object.entries(draft.templates)),
    plugins: toFrozen(context.plugins ?? toPluginUses(draft)),
    sections: toFrozen(draft.sections),
    booting: toFrozen(booting),
    order: toFrozen(toLayers(graph)),
    // A getter: a boot that explains nothing does not pay for the place of every key.
    get provenance() {
      return context.origin.provenance;
    },
  });
}

/** With `only`, bundles hold what is left of them; an empty one is gone. */
function toKeptBundles(
  bundles: ReadonlyMap<string, readonly string[]>,
  specs: ReadonlyMap<string, ProcessSpec>,
): ReadonlyMap<string, readonly string[]> {
  const kept = [...bundles].map(([name, members]) => [name, members.filter((member) => specs.has(member))] as const);
  return new Map(kept.filter(([name, members]) => members.length > 0 || bundles.get(name)?.length === 0));
}

function toPluginUses(draft: Draft): readonly PluginUse[] {
  return draft.plugins
    .filter((plugin) => plugin.enabled)
    .map(({ name, options }) => ({ name, options, reason: 'config' }));
}
