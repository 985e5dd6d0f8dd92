import type { HookInfo } from './table.ts';

/** One set-up of one plugin, as the hooks know it: the owner of taps, and whether they are heard. */
export interface TapOwner {
  readonly plugin: string;
  /** Its taps on the hooks of the running supervisor are heard. Off for a set-up whose plan is not accepted yet. */
  running: boolean;
  /** It failed too often: isolated hooks skip it. */
  muted: boolean;
  /** It is gone: nothing of it is heard any more, and it cannot tap. */
  disposed: boolean;
  /** Its disposers have run: now its log is silent too. */
  ended: boolean;
  /** When it failed, in milliseconds of the monotonic clock; only those within the window. */
  failures: readonly number[];
}

/** A set-up that is heard in planning, but not yet in the life of the supervisor. */
export function createOwner(plugin: string): TapOwner {
  return { plugin, running: false, muted: false, disposed: false, ended: false, failures: [] };
}

/**
 * Is this tap called? A muted plugin is still called where its silence would mean "allow" (strict hooks, critical
 * taps): else failing often enough would open the door it guards.
 */
export function isHeard(owner: TapOwner, info: HookInfo, critical: boolean): boolean {
  if (owner.disposed) return false;
  if (info.planning !== true && !owner.running) return false;
  return !owner.muted || info.policy === 'strict' || critical;
}
