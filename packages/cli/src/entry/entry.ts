import type { Loader } from './code-cache.ts';
import type { EarlySignals } from './early-signals.ts';

/** What the entry hands to the half of pm that it loads. */
export interface Entry {
  /** Handled since the first moment. */
  readonly early: EarlySignals;
  readonly loader: Loader;
  /** Of the module by which plugins find the core of the bundle. */
  readonly corePath: string;
  /** `import` of a module: from the rest of the bundle, which are scripts, Node warns on stderr that it is experimental. */
  readonly importModule: (url: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** `daemon.js` or `verbs.js`. A start loads one of them. */
export interface Half {
  /** Does what the command line asks for, and ends the process. Never rejects. */
  start(entry: Entry): Promise<never>;
}

/** `pm`, `pm run …`, and `pm` followed by options of run are the daemon; `-h` and `-V` alone are questions about pm. */
export function isRun([first]: readonly string[]): boolean {
  if (first === undefined || first === 'run') return true;
  return first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first);
}
