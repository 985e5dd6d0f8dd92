import type { Reason } from '../event/event.ts';
import type { ProcessSpec } from '../plan/spec.ts';
import type { Instance } from './instance.ts';
import type { LastExit } from './view.ts';

/** What the unit knows of this slot. */
export interface Slot {
  readonly index: number;
  /** The declaration for the next start. */
  spec(): ProcessSpec;
  /** Whether the unit wants this slot up now. */
  wanted(): boolean;
  /** The instance waits for its gate; answered by `openGate` or `failGate`, maybe at once. `again`: an automatic restart. */
  awaitGate(instance: Instance, again: boolean): void;
  /** The instance no longer waits. */
  leaveGate(instance: Instance): void;
  /** State or readiness changed. */
  changed(instance: Instance): void;
}

/** Why it was asked to end. */
export interface StopCause {
  readonly reason: Reason;
  /** Set where the end counts as a failure. */
  readonly failure?: string;
  /** No hooks, no drain, no stop signal: the kill at once. */
  readonly hurry?: boolean;
}

/** How an attempt is over: `exit` is absent where it never came to a process. */
export interface Outcome {
  readonly success: boolean;
  readonly what: string;
  readonly forbidden?: boolean;
  readonly exit?: LastExit;
}
