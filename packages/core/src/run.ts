import { join, resolve } from 'node:path';
import { helperStatus, loadSys, type Sys } from '@pm-supervisor/native';
import type { Diagnostic } from './config/diagnostic.ts';
import { toInheritedEnv } from './instance/environment.ts';
import { currentPlugin } from './hooks/attribution.ts';
import { createLogPipeline } from './log/create-pipeline.ts';
import type { LogPipeline } from './log/pipeline.ts';
import { createMemoryLimitReader } from './os/cgroup-facts.ts';
import { systemClock } from './os/clock.ts';
import { endEverything } from './os/final-sweep.ts';
import { createModuleEvaluator } from './os/evaluate-module.ts';
import { guardExit } from './os/exit-guard.ts';
import { keepAlive } from './os/keep-alive.ts';
import { readMachineFacts } from './os/machine-facts.ts';
import { createNodeSpawner } from './os/node-spawner.ts';
import { trimMemoryAfterBoot } from './os/own-memory.ts';
import { openOutput, type Output } from './os/own-output.ts';
import { canConnect, fileStamp } from './os/probes.ts';
import { residentBytes } from './os/proc-tree.ts';
import { startReaper } from './os/reaper.ts';
import { takeRunLock } from './os/run-lock.ts';
import { chooseRuntimeDir } from './os/runtime-dir.ts';
import { handleSignals } from './os/signals.ts';
import { readTreeUsage } from './os/tree-usage.ts';
import { handleUncaught } from './os/uncaught.ts';
import { type FileWatch, watchFiles } from './os/watch-files.ts';
import { preparePlan, type Planned, type PlanRequest } from './planner.ts';
import type { GlobalSpec, SignalName } from './plan/spec.ts';
import type { ModuleLoader } from './plugin/modules.ts';
import type { BundledPlugin } from './plugin/resolve.ts';
import { connectPlugins } from './plugin-connection.ts';
import { toPipelineSettings } from './log/settings.ts';
import { createSupervisor, type Supervisor, type World } from './supervisor.ts';

/** What `pm run` was asked for, and what it knows of its own process. */
export interface RunOptions extends PlanRequest {
  readonly pid: number;
  /** Standard input is a terminal. */
  readonly hasTerminal: boolean;
  /** false: a terminal gets no colours (NO_COLOR). */
  readonly colours: boolean;
  /** Reload when a file that was read changes. */
  readonly watch?: boolean;
  /** The command after `--`. */
  readonly foreground?: readonly [string, ...string[]];
  /** Plugins that pm carries, by name. */
  readonly bundled?: Readonly<Record<string, BundledPlugin>>;
  /** How plugins' files are found and loaded. Default: Node's way. */
  readonly modules?: ModuleLoader;
  /** Ends the planning at once: what evaluates a configuration is killed. Of no effect once the supervisor has taken over. */
  readonly signal?: AbortSignal;
  /** Told once, when everything that boots is up. */
  readonly onRunning?: () => void;
  /** Warnings of the plan, before anything starts. */
  readonly onWarnings?: (warnings: readonly Diagnostic[]) => void;
  /**
   * The supervisor handles signals from now on: give the early handlers back, and hand over what came before.
   * Until then a signal has to be kept by the caller, or PID 1 loses it.
   */
  readonly onTakeOver?: (handOver: (signal: SignalName) => void) => void;
}

/**
 * `pm run`: plans, boots, supervises and stops in the real world. Resolves with the exit code when nothing is left.
 * Throws ConfigError, and PmError where another supervisor uses the same folder: then nothing was started.
 */
export async function runSupervisor(options: RunOptions): Promise<number> {
  const watch = options.watch === true ? createConfigWatch() : undefined;
  const planned = await preparePlan(options, {
    clock: systemClock,
    facts: readMachineFacts(),
    onRead: (files) => watch?.update(files),
    evaluateModule: createModuleEvaluator({
      clock: systemClock,
      env: toInheritedEnv(options.env),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    }),
    ...(options.bundled === undefined ? {} : { bundled: options.bundled }),
    ...(options.modules === undefined ? {} : { modules: options.modules }),
  });
  try {
    return await superviseWorld(planned, watch, options);
  } catch (error) {
    watch?.close();
    await planned.host.dispose();
    throw error;
  }
}

async function superviseWorld(planned: Planned, watch: ConfigWatch | undefined, options: RunOptions): Promise<number> {
  options.onWarnings?.(planned.warnings);
  const output = openOutput();
  const logs = openLogs(planned, output, options);
  const sys = loadSys();
  tellMissingHelper(sys, logs, options);
  const runtimeDir = findRuntimeDir(planned.plan.global, logs, options);
  const unlock = runtimeDir === undefined ? undefined : takeRunLock(runtimeDir, options.pid);
  const world = createWorld(logs, runtimeDir, options);
  const supervisor = joinSupervisor(planned, world, options);
  const guards = [
    guardExit(currentPlugin),
    handleUncaught((error) => void (planned.hooks.blameCurrent(error) || supervisor.fail(error))),
  ];
  const closers = [
    ...(unlock === undefined ? [] : [unlock]),
    onceRunning(supervisor, sys, options),
    keepAlive(),
    takeSignals(supervisor, options),
    startOrphanReaper(sys, supervisor, planned.plan.global),
  ];
  watch?.start(supervisor);
  const code = await supervisor.run();
  watch?.close();
  await endStrangers(logs);
  for (const close of closers.toReversed()) close();
  await output.end(endLimitMs);
  // Last: what a plugin left behind may still throw while the output ends.
  for (const close of guards) close();
  return code;
}

function onceRunning({ journal }: Supervisor, sys: Sys | undefined, { onRunning }: RunOptions): () => void {
  let cancelTrim = (): void => {};
  const unsubscribe = journal.subscribe(({ type }) => {
    if (type !== 'supervisor.running') return;
    unsubscribe();
    onRunning?.();
    cancelTrim = trimMemoryAfterBoot(systemClock, sys);
  });
  return () => {
    unsubscribe();
    cancelTrim();
  };
}

/** The last bytes may take this long when nobody reads; the supervisor has already waited for its own. */
const endLimitMs = 500;

/** Between SIGTERM and SIGKILL for processes that no service started. */
const strangerGraceMs = 1000;

/** What `docker exec` or a plugin put here and nobody ended: PID 1 takes it along, and says so. */
async function endStrangers(logs: LogPipeline): Promise<void> {
  const strangers = await endEverything(systemClock, strangerGraceMs);
  if (strangers.length === 0) return;
  logs.logger.warn(`ended what was left: ${strangers.map(({ command, pid }) => `${command} (pid ${pid})`).join(', ')}`);
  await logs.flush(endLimitMs);
}

function openLogs(planned: Planned, output: Output, { colours }: RunOptions): LogPipeline {
  const { global } = planned.plan;
  const { line } = planned.hooks.log;
  return createLogPipeline({
    output,
    clock: systemClock,
    settings: toPipelineSettings(global),
    tap: { active: () => line.hasTaps(), apply: (record) => line.fire(record) },
    colours,
  });
}

function createWorld(logs: LogPipeline, runtimeDir: string | undefined, options: RunOptions): World {
  const warn = logs.logger.warn;
  return {
    clock: systemClock,
    logs,
    spawner: createNodeSpawner({
      ...(runtimeDir === undefined ? {} : { runtimeDir }),
      onWarning: ({ instance, text }) => warn(instance === undefined ? text : `${instance}: ${text}`),
    }),
    probes: { canConnect, fileStamp, residentBytes, treeUsage: readTreeUsage },
    env: toInheritedEnv(options.env),
    cwd: options.cwd,
    socketPlace: runtimeDir === undefined ? undefined : join(runtimeDir, 'pm.sock'),
    memoryLimit: createMemoryLimitReader(),
    random: Math.random,
    pid: options.pid,
    hasTerminal: options.hasTerminal,
  };
}

function findRuntimeDir(
  { runtimeDir: configured }: GlobalSpec,
  logs: LogPipeline,
  { env }: RunOptions,
): string | undefined {
  const { path, refused } = chooseRuntimeDir({ env, ...(configured === undefined ? {} : { configured }) });
  for (const place of refused) {
    if (!isAskedFor(place.path, configured, env)) continue;
    const instead = path === undefined ? '' : `; ${path} is used instead`;
    logs.logger.warn(`the runtime directory ${place.path} cannot be used: ${place.reason}${instead}`);
  }
  if (path === undefined) {
    const tried = refused.map((place) => `${place.path}: ${place.reason}`).join('; ');
    logs.logger.warn(
      `no runtime directory, so there is no control socket; the processes run all the same (${tried}). Set PM_RUNTIME_DIR to a writable folder, or mount a tmpfs on /run`,
    );
  }
  return path;
}

/** Named by the user, not one of the places that are tried anyway. */
function isAskedFor(
  place: string,
  configured: string | undefined,
  { PM_RUNTIME_DIR: chosen }: RunOptions['env'],
): boolean {
  return [chosen, configured].some((asked) => asked !== undefined && asked !== '' && resolve(asked) === place);
}

/** Once, because everything goes on without it; what is missing then is a long story. Who turned it off knows. */
function tellMissingHelper(sys: Sys | undefined, { logger }: LogPipeline, { env }: RunOptions): void {
  if (sys !== undefined) return;
  const { reason = 'it cannot be loaded' } = helperStatus();
  const level = env['PM_NATIVE'] === 'off' ? 'info' : 'warn';
  logger[level](
    `the native helper is not used (${reason}): services run all the same, and "pm doctor" says what is missing`,
  );
}

function joinSupervisor(planned: Planned, world: World, { foreground }: RunOptions): Supervisor {
  const { plan, hooks, host } = planned;
  const supervisor = createSupervisor({
    plan,
    hooks,
    world,
    replan: (change) => planned.replan(change),
    disposePlugins: () => host.dispose(),
    ...(foreground === undefined ? {} : { foreground }),
  });
  connectPlugins(planned, supervisor, world);
  return supervisor;
}

function takeSignals(supervisor: Supervisor, { onTakeOver }: RunOptions): () => void {
  const release = handleSignals((signal) => supervisor.onSignal(signal));
  onTakeOver?.((signal) => supervisor.onSignal(signal));
  return release;
}

function startOrphanReaper(
  sys: Sys | undefined,
  { journal }: Supervisor,
  { zombieReapIntervalMs }: GlobalSpec,
): () => void {
  return startReaper({
    sys,
    clock: systemClock,
    intervalMs: zombieReapIntervalMs,
    onReaped: ({ pid }) => void journal.append('orphan.reaped', { pid }),
    onWarning: (message) => void journal.append('supervisor.warning', { message }),
  });
}

/** Looks for changes from the first reading on; what came before there was a supervisor is told when there is one. */
interface ConfigWatch {
  update(files: readonly string[]): void;
  start(supervisor: Supervisor): void;
  close(): void;
}

function createConfigWatch(): ConfigWatch {
  let watch: FileWatch | undefined;
  let early = false;
  let tell = (): void => void (early = true);
  return {
    update(files) {
      if (watch === undefined) watch = watchFiles(files, () => tell());
      else watch.update(files);
    },
    start({ dispatch }) {
      tell = () => void dispatch({ type: 'apply-config' }, { caller: 'watch' }).catch(() => undefined);
      if (early) tell();
    },
    close: () => watch?.close(),
  };
}
