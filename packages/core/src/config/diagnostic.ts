/** A place in a configuration source. Lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Severity = 'error' | 'warning';

/** One problem of a configuration: what, where, and what to do. */
export interface Diagnostic {
  readonly severity: Severity;
  /** The key it is about, as written in docs: `processes.queue.user`. Empty for the whole file. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  readonly position?: Position;
  /** The source line with a caret under the place, ready to print. */
  readonly frame?: string;
}
