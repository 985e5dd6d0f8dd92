import type { Command } from 'commander';
import type { CliContext } from './context.ts';

/** One verb beside `run`: what it accepts, and what it does. Resolves to the exit code. */
export interface Verb {
  /** Adds arguments and options; the action is set by the program. */
  readonly declare: (command: Command) => Command;
  readonly run: (invocation: Invocation, context: CliContext) => Promise<number>;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

interface VerbEntry {
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

/** Every verb but `run`, in the order of `pm --help`. Each is loaded only when it is asked for. */
export const verbs: Readonly<Record<string, VerbEntry>> = {
  check: {
    summary: 'check the configuration and what it names, start nothing',
    load: async () => (await import('./verbs/check.ts')).check,
  },
  plan: {
    summary: 'show what would run, in which order, and who set each key',
    load: async () => (await import('./verbs/plan.ts')).plan,
  },
  schema: {
    summary: 'print the JSON Schema of the configuration',
    load: async () => (await import('./verbs/schema.ts')).schema,
  },
  status: {
    summary: 'show what runs, and what is not as it should be',
    load: async () => (await import('./verbs/status.ts')).status,
  },
  top: { summary: 'watch and steer processes in a terminal', load: async () => (await import('./verbs/top.ts')).top },
  start: { summary: 'start processes and what they need', load: async () => (await import('./verbs/start.ts')).start },
  stop: {
    summary: 'stop processes; they stay down until they are started',
    load: async () => (await import('./verbs/stop.ts')).stop,
  },
  restart: {
    summary: 'restart processes, all at once or one instance at a time',
    load: async () => (await import('./verbs/restart.ts')).restart,
  },
  reload: {
    summary: 'apply the changed configuration, or have processes reload theirs',
    load: async () => (await import('./verbs/reload.ts')).reload,
  },
  signal: { summary: 'send a signal to processes', load: async () => (await import('./verbs/signal.ts')).signal },
  scale: {
    summary: 'set how many instances a process has',
    load: async () => (await import('./verbs/scale.ts')).scale,
  },
  add: { summary: 'create or update processes at run time', load: async () => (await import('./verbs/add.ts')).add },
  remove: {
    summary: 'stop and forget processes that were added',
    load: async () => (await import('./verbs/remove.ts')).remove,
  },
  apply: {
    summary: 'make a labelled set of processes exactly that of a file',
    load: async () => (await import('./verbs/apply.ts')).apply,
  },
  logs: { summary: 'show what processes wrote, or write', load: async () => (await import('./verbs/logs.ts')).logs },
  events: { summary: 'show what happened, or happens', load: async () => (await import('./verbs/events.ts')).events },
  why: {
    summary: 'explain why a process is not running or not ready',
    load: async () => (await import('./verbs/why.ts')).why,
  },
  wait: {
    summary: 'wait until processes are ready, stopped or completed',
    load: async () => (await import('./verbs/wait.ts')).wait,
  },
  health: { summary: "answer a container's HEALTHCHECK", load: async () => (await import('./verbs/health.ts')).health },
  plugins: { summary: 'show the plugins in force', load: async () => (await import('./verbs/plugins.ts')).plugins },
  completion: {
    summary: 'teach bash, zsh or fish to complete',
    load: async () => (await import('./verbs/completion.ts')).completion,
  },
  doctor: {
    summary: 'show what this machine or container offers and what is missing',
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
  version: {
    summary: 'print the versions of pm and what it runs on',
    load: async () => (await import('./verbs/version.ts')).version,
  },
};
