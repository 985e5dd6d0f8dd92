import { toConfigKey } from '../plan/config-key.ts';
import type { LogLevel } from '../plan/spec.ts';
import type { Logger } from '../log/pipeline.ts';
import type { EventPayloads, PmEvent } from './event.ts';
import type { Journal } from './journal.ts';

/** An event in words for the log. */
export interface EventLine {
  readonly level: LogLevel;
  readonly text: string;
  /** Further lines that belong to it. */
  readonly below?: readonly string[];
}

/** Writes every event that says something to people into the log. */
export function writeEvents(journal: Journal, logger: Logger): void {
  journal.subscribe((event) => {
    const line = describeEvent(event);
    if (line === undefined) return;
    for (const text of [line.text, ...(line.below ?? [])]) logger[line.level](text);
  });
}

/** An event as a line of the log, or undefined where another event says it better. Pure. */
export function describeEvent(event: PmEvent): EventLine | undefined {
  switch (event.type) {
    case 'supervisor.starting':
      return info(
        `pm ${event.version} starts ${count(event.processes, 'process', 'processes')}${event.name === undefined ? '' : ` of ${event.name}`}`,
      );
    case 'supervisor.running':
      return info(`up after ${seconds(event.bootMs)}`);
    case 'supervisor.draining':
      return info(`stopping: ${event.reason}`);
    case 'supervisor.stopped':
      return info(`stopped after ${seconds(event.stopMs)}, exit code ${event.exitCode}`);
    case 'supervisor.warning':
      return warn(event.hint === undefined ? event.message : `${event.message}. ${event.hint}`);
    case 'plan.applied':
      return describeDiff(event.diff);
    case 'plan.rejected':
      return describeRejection(event);
    case 'command.accepted':
      return { level: 'debug', text: `${[event.command, ...event.targets].join(' ')} by ${event.caller}` };
    case 'command.refused':
      return warn(`${[event.command, ...event.targets].join(' ')} by ${event.caller} refused: ${event.message}`);
    case 'unit.changed':
      return undefined;
    case 'unit.skipped':
      return info(`${event.process} ${event.reason}`);
    case 'instance.changed':
      return describeChange(event);
    case 'instance.spawned':
      return info(`${event.instance} started (pid ${event.pid})`);
    case 'instance.spawn_failed':
      return { level: 'error', text: event.hint === undefined ? event.message : `${event.message}. ${event.hint}` };
    case 'instance.ready':
      return {
        level: event.afterMs === 0 ? 'debug' : 'info',
        text: `${event.instance} is ready after ${seconds(event.afterMs)}`,
      };
    case 'instance.unready':
      return { level: 'debug', text: `${event.instance} is not ready: ${event.reason}` };
    case 'instance.exited':
      return info(`${event.instance} ended after ${seconds(event.ranMs)}: ${event.exit.text}`);
    case 'instance.restarting':
      return describeRestart(event);
    case 'instance.killed':
      return describeKill(event);
    case 'hook.finished':
      return describeHook(event);
    case 'plugin.failed':
      return { level: 'error', text: event.message };
    case 'plugin.muted':
      return warn(`plugin ${event.plugin} is muted after ${event.failures} failures; it is shown by "pm plugins"`);
    case 'log.dropped':
      return warn(`${event.lines} lines of ${event.instance} dropped: nobody reads the output fast enough`);
    case 'orphan.reaped':
      return { level: 'debug', text: `orphan ${event.pid} reaped` };
    default:
      // A plugin's event: only the plugin knows words for it.
      return undefined;
  }
}

function describeRejection({ message, problems = [] }: EventPayloads['plan.rejected']): EventLine {
  return {
    level: 'error',
    text: `configuration not applied, everything runs on as before: ${message}`,
    below: problems,
  };
}

function info(text: string): EventLine {
  return { level: 'info', text };
}

function warn(text: string): EventLine {
  return { level: 'warn', text };
}

function describeChange({
  instance,
  to,
  reason,
}: Extract<PmEvent, { type: 'instance.changed' }>): EventLine | undefined {
  if (to === 'FAILED') return { level: 'error', text: `${instance} failed: ${reason ?? 'for an unknown reason'}` };
  if (to === 'COMPLETED') return info(`${instance} completed`);
  return { level: 'debug', text: `${instance} is ${to}` };
}

function describeKill({ instance, signal, overdue }: Extract<PmEvent, { type: 'instance.killed' }>): EventLine {
  return overdue
    ? warn(`${instance} did not end in time: ${signal} was sent`)
    : info(`${instance} is ended at once: ${signal} was sent`);
}

function describeHook({ hook, process, ok, ms, message }: Extract<PmEvent, { type: 'hook.finished' }>): EventLine {
  const whose = process === undefined ? '' : `${process}: `;
  if (ok) return { level: 'debug', text: `${whose}hook "${hook}" done after ${seconds(ms)}` };
  return warn(`${whose}${message ?? `hook "${hook}" failed`}`);
}

function describeRestart({
  instance,
  reason,
  delayMs,
  attempt,
}: Extract<PmEvent, { type: 'instance.restarting' }>): EventLine {
  const when = delayMs === 0 ? 'now' : `in ${seconds(delayMs)}`;
  const failed = attempt === 0 ? '' : `, attempt ${attempt}`;
  return info(`${instance} restarts ${when} (${reason}${failed})`);
}

function describeDiff({
  added,
  removed,
  changed,
  plugins,
  globalKeys,
}: Extract<PmEvent, { type: 'plan.applied' }>['diff']): EventLine | undefined {
  const parts = [
    ...named('added', added),
    ...named('removed', removed),
    ...named(
      'changed',
      changed.map(({ name, keys }) => `${name} (${keys.map(toConfigKey).join(', ')})`),
    ),
    ...named('global', globalKeys.map(describeGlobalKey)),
    ...named('plugins', [...plugins.added, ...plugins.removed, ...plugins.changed]),
  ];
  return info(
    parts.length === 0 ? 'configuration applied: nothing changed' : `configuration applied: ${parts.join('; ')}`,
  );
}

/** Asked for once, when pm starts. */
const startKeys: ReadonlySet<string> = new Set(['runtimeDir', 'zombieReapIntervalMs']);

function describeGlobalKey(key: string): string {
  return `${toConfigKey(key)}${startKeys.has(key) ? ' (from the next start of pm on)' : ''}`;
}

function named(label: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${label} ${names.join(', ')}`];
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
