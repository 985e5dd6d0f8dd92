import type { DependencyStatus, InstanceStatus, ProcessStatus } from '@pm-supervisor/client';
import { formatDuration } from '../render/amounts.ts';

/** One cause in the chain: why a process is not as it should be, and what that in turn waits for. */
export interface Link {
  readonly process: string;
  /** The instance it is about, where it is about one. */
  readonly instance?: string;
  readonly state: ProcessStatus['state'];
  /** A part of a sentence: `web is waiting for php-fpm to be ready`. */
  readonly text: string;
  /** The processes that the next links are about. */
  readonly waitsFor: readonly string[];
}

export interface Situation {
  readonly processes: readonly ProcessStatus[];
  /** The supervisor's clock, milliseconds since the epoch. */
  readonly now: number;
  /** The last line that an instance wrote, where it is known. */
  lastOutput(instance: string): string | undefined;
}

/**
 * Why a process is not running or not ready, as a chain from it to the causes: each process once, depth first. Of one that
 * is fine the only link says so. Pure. An unknown name has no links.
 */
export function explain(name: string, situation: Situation): Link[] {
  const seen = new Set<string>();
  const visit = (current: string): Link[] => {
    const process = situation.processes.find((other) => other.name === current);
    if (process === undefined || seen.has(current)) return [];
    seen.add(current);
    const link = toLink(process, situation);
    return [link, ...link.waitsFor.flatMap(visit)];
  };
  return visit(name);
}

/** The chain as one sentence. */
export function toSentence(links: readonly Link[]): string {
  return links.map(({ text }) => text).join('; ');
}

function toLink(process: ProcessStatus, situation: Situation): Link {
  const instance = findWorst(process);
  const waitsFor = process.state === 'PENDING' ? findUnmet(process, situation.processes) : [];
  const who = toWho(process, instance);
  const text = waitsFor.length > 0 ? sayWaiting(who, waitsFor) : sayState(who, process, instance, situation);
  return {
    process: process.name,
    ...(instance === undefined ? {} : { instance: instance.id }),
    state: process.state,
    text,
    waitsFor: waitsFor.map((dependency) => dependency.process),
  };
}

/** The instance that makes the state of the process what it is. */
function findWorst({ state, instances }: ProcessStatus): InstanceStatus | undefined {
  return instances.find((instance) => instance.state === state) ?? instances[0];
}

/** With several instances it matters which, and how many of them. */
function toWho({ name, state, instances }: ProcessStatus, instance: InstanceStatus | undefined): string {
  if (instance === undefined || instances.length === 1) return name;
  const same = instances.filter((other) => other.state === state).length;
  if (same === instances.length) return `${name} (all ${same} instances)`;
  return same === 1 ? instance.id : `${instance.id} (one of ${same} of ${instances.length} instances)`;
}

function findUnmet(
  { depends_on: dependencies }: ProcessStatus,
  processes: readonly ProcessStatus[],
): DependencyStatus[] {
  return dependencies.filter((dependency) => {
    const other = processes.find(({ name }) => name === dependency.process);
    return other !== undefined && !isMet(dependency, other);
  });
}

function isMet({ condition }: DependencyStatus, { state, instances }: ProcessStatus): boolean {
  if (state === 'COMPLETED') return true;
  if (condition === 'completed') return false;
  if (condition === 'ready') return state === 'READY';
  return instances.length > 0 && instances.every(({ pid }) => pid !== null);
}

function sayWaiting(who: string, unmet: readonly DependencyStatus[]): string {
  const what = unmet.map(({ process, condition }) => `${process} to be ${condition}`);
  return `${who} is waiting for ${what.join(' and ')}`;
}

function sayState(
  who: string,
  process: ProcessStatus,
  instance: InstanceStatus | undefined,
  situation: Situation,
): string {
  const { state, desired } = process;
  const reason = instance?.reason ?? process.reason;
  switch (state) {
    case 'PENDING':
      return `${who} is ${reason?.startsWith('waiting') === true ? reason : withReason('waiting to be started', reason)}`;
    case 'STARTING':
    case 'RUNNING':
      return `${who} is ${withReason(`running${sayUptime(instance)} but not ready`, reason ?? sayHealth(instance))}${sayOutput(instance, situation)}`;
    case 'READY':
      return `${who} is ready${sayUptime(instance)}${desired === 'down' ? ', though it is not wanted up' : ''}`;
    case 'STOPPING':
      return `${who} is ${withReason('stopping', reason)}`;
    case 'STOPPED':
      return desired === 'up'
        ? `${who} is ${withReason('stopped, though it is wanted up', reason)}`
        : `${who} ${sayStopped(reason)}`;
    case 'BACKOFF':
      return `${who} is in backoff (${sayAttempt(instance, situation.now)}): ${sayEnd(instance, reason)}${sayOutput(instance, situation)}`;
    case 'COMPLETED':
      return `${who} has completed`;
    case 'FAILED':
      return `${who} has failed: ${sayEnd(instance, reason)}${sayOutput(instance, situation)}`;
  }
}

/** Who stopped it, in words. */
const stops: Readonly<Record<string, string>> = {
  'stopped: manual': 'by a command',
  'stopped: conflict': 'because something that conflicts with it was started',
  'stopped: reload': 'by a reload',
};

function sayStopped(reason: string | undefined): string {
  const by = stops[reason ?? ''];
  if (by !== undefined) return `was stopped ${by}, and nothing has asked for it since`;
  return withReason('is stopped, and nothing asks for it', reason);
}

function withReason(text: string, reason: string | undefined): string {
  return reason === undefined || reason === '' ? text : `${text}: ${reason}`;
}

function sayUptime(instance: InstanceStatus | undefined): string {
  return instance?.uptime_s == null ? '' : ` for ${formatDuration(instance.uptime_s)}`;
}

function sayHealth(instance: InstanceStatus | undefined): string | undefined {
  const health = instance?.health;
  if (health?.last == null || health.status === 'healthy') return undefined;
  return `its health check failed ${health.failures === 1 ? 'once' : `${health.failures} times`}: ${health.last.text}`;
}

function sayAttempt(instance: InstanceStatus | undefined, now: number): string {
  if (instance === undefined) return 'to be restarted';
  const attempt = `attempt ${instance.consecutive_failures}`;
  const due = instance.next_restart_at;
  return due === undefined
    ? attempt
    : `${attempt}, next in ${formatDuration(Math.ceil((Date.parse(due) - now) / 1000))}`;
}

/** The end itself, and the reason where that says more than the end. */
function sayEnd(instance: InstanceStatus | undefined, given: string | undefined): string {
  const end = instance?.last_exit?.text;
  // When it comes back is said already, counted from now.
  const reason = given?.replace(/; restart \d+ in [\d.]+ m?s$/, '');
  if (end === undefined) return reason ?? 'it could not be started';
  if (reason === undefined || end.includes(reason)) return end;
  return reason.includes(end) ? reason : `${reason} (${end})`;
}

function sayOutput(instance: InstanceStatus | undefined, { lastOutput }: Situation): string {
  const line = instance === undefined ? undefined : lastOutput(instance.id);
  return line === undefined || line === '' ? '' : `, last output: ${line}`;
}
