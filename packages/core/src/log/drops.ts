import type { Clock, Timer } from '../os/clock.ts';

/** Lines that were given up since they were last spoken of. */
export interface Drops {
  count(instance: string, lines: number): void;
  /** Says what was given up, now. */
  announce(): void;
}

export interface DropPorts {
  readonly clock: Clock;
  readonly isBlocked: () => boolean;
  readonly say: (instance: string, lines: number) => void;
}

/** A slow reader makes for losses many times a second: they are spoken of together. */
const quietMs = 1000;

/** Counts losses and announces them at most once a second and instance, as soon as the output takes lines again. */
export function createDrops({ clock, isBlocked, say }: DropPorts): Drops & { readonly opened: () => void } {
  let counts = new Map<string, number>();
  let timer: Timer | undefined;
  let due = false;

  const announce = (): void => {
    timer?.cancel();
    timer = undefined;
    due = false;
    const said = counts;
    counts = new Map();
    for (const [instance, lines] of said) say(instance, lines);
  };
  const fire = (): void => {
    timer = undefined;
    if (isBlocked()) due = true;
    else announce();
  };
  return {
    count(instance, lines) {
      counts.set(instance, (counts.get(instance) ?? 0) + lines);
      if (!due) timer ??= clock.after(quietMs, fire);
    },
    announce,
    opened: () => void (due && announce()),
  };
}

/** Bytes that may wait for a reader before lines are given up. */
export const mostWaiting: number = 1024 * 1024;

/**
 * Whether to give up lines. Over half of what may wait, only those are given up that came most of late, so that one
 * process that floods does not silence the others. `burst` is what this one wrote since the output last took something.
 */
export function isTooMuch(waiting: number, burst: number): boolean {
  return waiting >= mostWaiting || (waiting >= mostWaiting / 2 && burst >= mostWaiting / 8);
}

/** `1234567` → `1,234,567`. */
export function toGrouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
