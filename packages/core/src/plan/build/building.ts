import type { ProcessDraft } from '../../config/draft.ts';
import type { MachineFacts, Origin } from '../context.ts';
import type { Report } from './report.ts';
import type { Backoff, Credentials, ProcessSource, RestartPolicy } from '../spec.ts';

/** What a process takes over from `global` where it says nothing itself. */
export interface Inherited {
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  readonly group?: string;
  readonly credentials?: Credentials;
  readonly umask?: number;
  readonly restartPolicy: RestartPolicy;
  readonly backoff: Backoff;
  readonly maxAttempts: number;
  readonly stabilityWindowMs: number;
  readonly dependencyTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly maxScale: number;
}

/** One process that the plan is to hold, and where it was declared. */
export interface Declared {
  readonly name: string;
  /** `processes.web`, or `templates.openvpn@` for an instance of a template. */
  readonly path: string;
  readonly draft: ProcessDraft;
  readonly source: ProcessSource;
}

/** What every step of one `buildPlan` shares. */
export interface Building {
  readonly facts: MachineFacts;
  readonly origin: Origin;
  readonly report: Report;
  /** Everything that was declared, also what `only` leaves out: names are looked up here. */
  readonly declared: ReadonlyMap<string, Declared>;
  readonly bundles: ReadonlyMap<string, readonly string[]>;
  readonly templates: readonly string[];
}
