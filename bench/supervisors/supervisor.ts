import type { Subject } from '../row.ts';

/** What is to be supervised. */
export interface Load {
  /** So many services, all alike. */
  readonly count: number;
  /** The service's program; it takes its orders from the environment. */
  readonly program: string;
  /** pm's `log_format`; others have one way. */
  readonly logFormat?: 'raw' | 'text' | 'json';
}

/** How a supervisor is started once its configuration is written. */
export interface Start {
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

/** One that can be measured: how it is configured, started and stopped, each as its own documentation has it. */
export interface Supervisor {
  readonly name: Subject;
  /** What asks it to stop everything and end. */
  readonly stopSignal: NodeJS.Signals;
  /** Writes its configuration into an empty folder. */
  configure(folder: string, load: Load): Start;
}

/** `svc-0`, `svc-1`, … */
export function toNames({ count }: Load): string[] {
  return Array.from({ length: count }, (_, index) => `svc-${index}`);
}
