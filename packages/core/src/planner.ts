import { dirname, resolve } from 'node:path';
import type { Diagnostic } from './config/diagnostic.ts';
import { isMap, type Layer, type RawMap } from './config/layer.ts';
import { type LoadPorts, loadSources, type Sources } from './config/load.ts';
import { joinPath } from './config/path.ts';
import type { SectionRegistry } from './config/sections.ts';
import { currentPlugin } from './hooks/attribution.ts';
import type { HookRegistry } from './hooks/registry.ts';
import type { PlanCandidate, PlanRequestAtRunTime } from './lifecycle/plan-keeper.ts';
import type { Clock } from './os/clock.ts';
import { runGuarded } from './os/guarded-work.ts';
import { createProject } from './os/project.ts';
import type { MachineFacts } from './plan/context.ts';
import type { Plan } from './plan/spec.ts';
import { passGates } from './planning/gates.ts';
import { toConfigError, toLooseDiagnostic } from './planning/problems.ts';
import { type Contributions, gatherPlugins } from './planning/round.ts';
import { createHost, type PluginHost } from './plugin/host.ts';
import { type ModuleLoader, nodeModules } from './plugin/modules.ts';
import type { BundledPlugin } from './plugin/resolve.ts';

/** Which configuration to read, and how. */
export interface PlanRequest {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`; else PM_CONFIG, else searched. */
  readonly configPath?: string;
  /** `--profile`; else PM_PROFILE. */
  readonly profile?: string;
  /** `--only`: these processes or bundles and what they need. */
  readonly only?: readonly string[];
  /** Configuration that wins over everything, from the command line: `{ global: { log_format: 'json' } }`. */
  readonly flags?: RawMap;
  /** A configuration instead of a file, for programs that carry their own. */
  readonly inline?: RawMap;
}

/** The world as planning sees it: time, facts of the machine, files that are code, plugins. */
export interface PlannerPorts extends LoadPorts {
  readonly clock: Clock;
  readonly facts: MachineFacts;
  /** Plugins that pm carries, by name. Default: none. */
  readonly bundled?: Readonly<Record<string, BundledPlugin>>;
  /** Default: Node's. */
  readonly modules?: ModuleLoader;
  /** Told of the files of each reading, also one that failed: what has to change for another result. */
  readonly onRead?: (files: readonly string[]) => void;
}

/** A plan with everything it was made with. */
export interface Planned {
  readonly plan: Plan;
  readonly host: PluginHost;
  readonly hooks: HookRegistry;
  readonly warnings: readonly Diagnostic[];
  /** The merged configuration that the provenance of the plan in force belongs to, for `pm plan --explain`. */
  readonly values: RawMap;
  /** Texts among `values` that came out of files: not for showing. */
  readonly secrets: ReadonlySet<string>;
  /** The keys that plugins in force own, for `pm schema`. */
  readonly sections: SectionRegistry;
  /** Absolute paths of all files read, for `--watch`. Empty for an inline configuration. */
  readonly files: readonly string[];
  /** The main file, or `inline`. */
  readonly origin: string;
  /** Makes the next plan: after a reload, or with other processes declared at run time. One at a time. */
  replan(change: PlanRequestAtRunTime): Promise<PlannedChange>;
}

/** A plan that passed all gates and waits to be accepted or discarded. */
export interface PlannedChange extends PlanCandidate {
  readonly warnings: readonly Diagnostic[];
  readonly values: RawMap;
  readonly secrets: ReadonlySet<string>;
  readonly sections: SectionRegistry;
  readonly files: readonly string[];
}

/**
 * From a request to a plan: reads the files, finds and sets up plugins, lets them detect and contribute, and takes
 * everything through the gates. Throws ConfigError with all diagnostics; then nothing of a plugin is left.
 */
export async function preparePlan(request: PlanRequest, ports: PlannerPorts): Promise<Planned> {
  const sources = await readSources(request, ports);
  const planning = createPlanning(request, ports, sources);
  try {
    const first = await runGuarded({
      currentPlugin,
      blame: (error) => planning.host.hooks.blameCurrent(error),
      work: () => planning.make(sources, { dynamic: new Map(), instantiate: [] }),
    });
    await first.accept();
    const { plan, warnings, sections, files } = first;
    const { host } = planning;
    return {
      plan,
      warnings,
      get values() {
        return planning.values;
      },
      get secrets() {
        return planning.secrets;
      },
      sections,
      files,
      host,
      hooks: host.hooks,
      origin: sources.origin,
      replan: planning.replan,
    };
  } catch (error) {
    await planning.host.dispose();
    throw error;
  }
}

/** What was asked for at run time, beside the files. */
type Wanted = Omit<PlanRequestAtRunTime, 'reread'>;

interface Planning {
  readonly host: PluginHost;
  /** Of the plan in force; empty before the first. */
  readonly values: RawMap;
  readonly secrets: ReadonlySet<string>;
  make(sources: Sources, wanted: Wanted, remembered?: Contributions): Promise<PlannedChange>;
  replan(change: PlanRequestAtRunTime): Promise<PlannedChange>;
}

interface InForce {
  readonly sources: Sources;
  readonly said: Contributions;
  readonly values: RawMap;
  readonly secrets: ReadonlySet<string>;
}

/** What lasts from plan to plan: the plugins, the files as they were read last, and what plugins said about them. */
function createPlanning(request: PlanRequest, ports: PlannerPorts, first: Sources): Planning {
  const early: Diagnostic[] = [];
  const host = createPlanningHost(request, ports, {
    origin: first.origin,
    onEarlyFailure: (diagnostic) => void early.push(diagnostic),
  });
  let current: InForce | undefined;

  const make: Planning['make'] = async (sources, { dynamic, instantiate }, remembered) => {
    const trial = host.begin();
    const layers = toUserLayers(request, sources, dynamic);
    const inputs = {
      request,
      ports,
      host,
      trial,
      sources,
      layers,
      instantiate,
      ...(remembered === undefined ? {} : { remembered }),
    };
    try {
      const said = await gatherPlugins(inputs);
      const { plan, warnings, merged } = await passGates(said, inputs);
      const { secrets = new Set<string>() } = merged;
      return {
        plan,
        values: merged.value,
        secrets,
        sections: said.registry,
        files: sources.files,
        warnings: [...warnings, ...early.splice(0)],
        async accept() {
          current = { sources, said, values: merged.value, secrets };
          await trial.accept(plan);
        },
        discard: () => trial.discard(),
      };
    } catch (error) {
      await trial.discard();
      throw error;
    }
  };

  return {
    host,
    get values() {
      return current?.values ?? {};
    },
    get secrets() {
      return current?.secrets ?? new Set<string>();
    },
    make,
    async replan({ reread, ...wanted }) {
      if (reread || current === undefined) return make(await readSources(request, ports), wanted);
      // The files are as they were when they passed: what is wrong now came with the change.
      return make({ ...current.sources, origin: 'what is declared at run time' }, wanted, current.said);
    },
  };
}

interface HostSetting {
  readonly origin: string;
  readonly onEarlyFailure: (diagnostic: Diagnostic) => void;
}

function createPlanningHost(
  { cwd, env }: PlanRequest,
  ports: PlannerPorts,
  { origin, onEarlyFailure }: HostSetting,
): PluginHost {
  const { clock, bundled = {}, modules = nodeModules } = ports;
  return createHost({
    clock,
    bundled,
    modules,
    // pm's own folder last: plugins installed globally beside a global pm.
    folders: [...new Set([dirname(resolve(cwd, origin)), cwd, import.meta.dirname])],
    project: createProject(cwd, toPublicEnv(env)),
    onEarlyFailure: (error) => onEarlyFailure(toLooseDiagnostic(error, 'warning')),
  });
}

/** Plugins see the environment, but not the keys to the supervisor itself. */
function toPublicEnv(env: PlanRequest['env']): Record<string, string> {
  const entries = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('PM_API_TOKEN'),
  );
  return Object.fromEntries(entries);
}

async function readSources(request: PlanRequest, ports: PlannerPorts): Promise<Sources> {
  const { cwd, env, inline, configPath, profile } = request;
  if (inline === undefined) {
    const files = new Set<string>();
    try {
      return await loadSources(
        {
          cwd,
          env,
          ...(configPath === undefined ? {} : { configPath }),
          ...(profile === undefined ? {} : { profile }),
        },
        { ...ports, onFile: (path) => files.add(path) },
      );
    } finally {
      // None: the main file is gone, and where it was is still the place to look.
      if (files.size > 0) ports.onRead?.([...files]);
    }
  }
  return {
    origin: 'inline',
    layers: [{ layer: 'file', from: 'inline', value: inline }],
    otherProfiles: [],
    files: [],
    texts: new Map(),
    readFile: (path) => ports.facts.readFile(resolve(cwd, path)),
  };
}

/** Throws ConfigError where a name is declared by a file and at run time: the two would merge into something nobody wrote. */
function toUserLayers(
  { flags }: PlanRequest,
  sources: Sources,
  dynamic: ReadonlyMap<string, unknown>,
): readonly Layer[] {
  const files = [
    ...sources.layers,
    ...(flags === undefined ? [] : [{ layer: 'flag', from: 'command line', value: flags } as const]),
  ];
  if (dynamic.size === 0) return files;
  const twice = [...dynamic.keys()].flatMap((name) =>
    files
      .filter(({ value }) => isMap(value['processes']) && Object.hasOwn(value['processes'], name))
      .map((layer) => ({ name, layer })),
  );
  if (twice.length > 0)
    throw toConfigError(
      twice.map(({ name, layer }) => toDouble(name, layer)),
      sources,
    );
  return [...files, { layer: 'dynamic', from: 'run time', value: { processes: Object.fromEntries(dynamic) } }];
}

function toDouble(name: string, layer: Layer): Diagnostic {
  const path = joinPath('processes', name);
  const position = layer.positionOf?.(path, 'key');
  return {
    severity: 'error',
    path,
    message: `"${name}" was also declared at run time`,
    hint: `Remove that one first (pm remove ${name}), or use another name.`,
    ...(position === undefined ? { source: layer.from } : { position }),
  };
}
