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
  doctor: {
    summary: 'show what this machine or container offers and what is missing',
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
  version: {
    summary: 'print the versions of pm and what it runs on',
    load: async () => (await import('./verbs/version.ts')).version,
  },
};
