import type { Writer } from './writer.ts';

/** All that a verb knows of the outside: the entry makes it from `process`, tests make their own. */
export interface CliContext {
  /** What follows `pm`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly pid: number;
  readonly node: NodeFacts;
  /** Standard input is a terminal. */
  readonly hasTerminal: boolean;
  /** Where plugins find the core of the bundle; absent when pm runs from its sources. */
  readonly coreUrl?: string;
  /**
   * `import` of the entry, which is a module: from the bundle, a script, Node warns on stderr that it is experimental.
   * Absent when pm runs from its sources.
   */
  readonly importModule?: (url: string) => Promise<Readonly<Record<string, unknown>>>;
  /** Told once the daemon has booted. */
  readonly onRunning?: () => void;
  /** The answer, and nothing else. */
  readonly stdout: Writer;
  /** Diagnostics. */
  readonly stderr: Writer;
}

/** The Node that runs pm. */
export interface NodeFacts {
  /** Without a `v`. */
  readonly version: string;
  readonly path: string;
  readonly arch: string;
}

/** Whether stack traces and causes are shown (`PM_DEBUG=1`). */
export function isDebugging(context: CliContext): boolean {
  return context.env['PM_DEBUG'] === '1';
}
