import type { Declaration, Operation, ProcessStatus } from './contract.ts';
import { call, type CallOptions, type Line } from './call.ts';
import { command, type CommandOptions } from './command.ts';
import { toText } from './questions.ts';
import type { Target } from './targets.ts';

/** How a restart is done. */
export interface RestartOptions extends CommandOptions {
  /** One instance at a time, the next when the last is ready. */
  readonly rolling?: boolean;
}

/** A change of what is declared. */
export interface ChangeOptions extends CommandOptions {
  /** Change nothing; `diff` of the answer says what would be changed. */
  readonly dryRun?: boolean;
}

/** What changes something. Each does nothing where all is as asked for already (`changed: false`), and waits for the final state. */
export interface Commands {
  /** With what it needs. */
  start(target: Target, options?: CommandOptions): Promise<Operation>;
  stop(target: Target, options?: CommandOptions): Promise<Operation>;
  restart(target: Target, options?: RestartOptions): Promise<Operation>;
  /** `reload_command` or `reload_signal` of a process; the configuration has `reloadConfig`. */
  reload(target: Target, options?: CommandOptions): Promise<Operation>;
  /** `signal` is a name: `SIGHUP` or `HUP`. */
  signal(target: Target, signal: string, options?: CommandOptions): Promise<Operation>;
  /** To a number of instances, or by a difference. */
  scale(name: string, to: number | { readonly by: number }, options?: CommandOptions): Promise<Operation>;
  /** Creates or updates a process at run time. `declaration` is what a file would hold under `processes.NAME`. */
  put(name: string, declaration: Declaration, options?: CommandOptions): Promise<Operation>;
  /** Stops and forgets a process that was declared at run time. */
  remove(name: string, options?: CommandOptions): Promise<Operation>;
  /** The same for all that carry a label (`KEY=VALUE`). */
  removeLabelled(label: string, options?: ChangeOptions): Promise<Operation>;
  /** Makes the dynamic processes that carry `label` (`KEY=VALUE`) exactly these. */
  reconcile(
    label: string,
    processes: Readonly<Record<string, Declaration>>,
    options?: ChangeOptions,
  ): Promise<Operation>;
  /** Reads the configuration again and applies the least change. */
  reloadConfig(options?: ChangeOptions): Promise<Operation>;
  /** Runs a scheduled process now, to its end. */
  trigger(name: string, options?: CommandOptions): Promise<Operation>;
  /** Its schedule starts nothing until `resume`. */
  pause(name: string, options?: CallOptions): Promise<ProcessStatus>;
  resume(name: string, options?: CallOptions): Promise<ProcessStatus>;
  /** Stops everything in order, and ends the supervisor. */
  shutdown(reason?: string, options?: CommandOptions): Promise<Operation>;
}

export function createCommands(line: Line): Commands {
  return {
    start: (target, options) => command(line, 'POST /api/v1/processes/{name}/start', at(target), options),
    stop: (target, options) => command(line, 'POST /api/v1/processes/{name}/stop', at(target), options),
    restart: (target, { rolling, ...options } = {}) => {
      const query = rolling === undefined ? {} : { rolling };
      return command(line, 'POST /api/v1/processes/{name}/restart', { ...at(target), query }, options);
    },
    reload: (target, options) => command(line, 'POST /api/v1/processes/{name}/reload', at(target), options),
    signal: (target, signal, options) =>
      command(line, 'POST /api/v1/processes/{name}/signal', { ...at(target), body: { signal } }, options),
    scale: (name, to, options) => {
      const body = typeof to === 'number' ? { desired: to } : { delta: to.by };
      return command(line, 'POST /api/v1/processes/{name}/scale', { path: { name }, body }, options);
    },
    put: (name, body, options) => command(line, 'PUT /api/v1/processes/{name}', { path: { name }, body }, options),
    remove: (name, options) => command(line, 'DELETE /api/v1/processes/{name}', { path: { name } }, options),
    removeLabelled: (label, { dryRun, ...options } = {}) =>
      command(line, 'DELETE /api/v1/processes', { query: { label, ...toDryRun(dryRun) } }, options),
    reconcile: (label, processes, { dryRun, ...options } = {}) =>
      command(
        line,
        'POST /api/v1/processes:reconcile',
        { query: toDryRun(dryRun), body: { label, processes } },
        options,
      ),
    reloadConfig: ({ dryRun, ...options } = {}) =>
      command(line, 'POST /api/v1/config:reload', { query: toDryRun(dryRun) }, options),
    trigger: (name, options) => command(line, 'POST /api/v1/processes/{name}/trigger', { path: { name } }, options),
    pause: (name, options) => call(line, 'POST /api/v1/processes/{name}/pause', { path: { name } }, options),
    resume: (name, options) => call(line, 'POST /api/v1/processes/{name}/resume', { path: { name } }, options),
    shutdown: (reason, options) =>
      command(line, 'POST /api/v1/shutdown', { body: reason === undefined ? {} : { reason } }, options),
  };
}

function at(target: Target): { path: { name: string } } {
  return { path: { name: toText(target) } };
}

function toDryRun(dryRun: boolean | undefined): { dry_run?: boolean } {
  return dryRun === undefined ? {} : { dry_run: dryRun };
}
