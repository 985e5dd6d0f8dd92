import type { Subject } from '../row.ts';

/** What is to be supervised. */
export interface Load {
  /** So many services, all alike. */
  readonly count: number;
  /** The service's program; it takes its orders from the environment. */
  readonly program: string;
  /** pm's `log_format`; others have one way. */
  readonly logFormat?: 'raw' | 'text' | 'json';
  /** It is going to be asked. Not all listen unless they are told to. */
  readonly isAsked?: boolean;
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
  /** How one that was configured there, to be asked, is asked. */
  readonly control?: (folder: string) => Control;
}

/** The ways to ask a supervisor for all its services. */
export interface Control {
  /** The program that shows them. */
  readonly program: Start;
  /** Opens a connection that asks for their states, where it is possible to ask for no more. */
  readonly askStates?: () => Promise<Inquiry>;
  /** The same for states, processor and memory. */
  readonly askUsage?: () => Promise<Inquiry>;
}

/** A connection on which one question is asked again and again, one at a time. */
export interface Inquiry {
  /** Resolves once the whole answer is there. */
  ask(): Promise<void>;
  /** How many services the last answer told of. */
  count(): number;
  close(): void;
}

/** `svc-0`, `svc-1`, … */
export function toNames({ count }: Load): string[] {
  return Array.from({ length: count }, (_, index) => `svc-${index}`);
}
