import type { PmEvent } from '../event/event.ts';
import { runAsCore, runAsPlugin } from '../hooks/attribution.ts';
import type { TapOwner } from '../hooks/owner.ts';
import type { HookRegistry } from '../hooks/registry.ts';
import type { KeptLine, LogCounters } from '../log/pipeline.ts';
import type { ScopePorts } from './scope.ts';

/** The journal, for plugins to read. Before the supervisor runs everything here throws CommandError. */
export interface EventFeed {
  /** Number of the newest event; 0 before the first. */
  readonly seq: number;
  /** Events after `seq`, oldest first. `gap` is true where some of them are no longer kept. */
  since(seq: number): { readonly events: readonly PmEvent[]; readonly gap: boolean };
  /** Called in order with each event from now on, until the returned function is called or the plugin goes. */
  subscribe(listener: (event: PmEvent) => void): () => void;
}

/** Kept output, for plugins to read. Before the supervisor runs everything here throws CommandError. */
export interface LogFeed {
  /** The last `count` lines of an instance (`pm` is the supervisor itself), oldest first, across restarts. */
  kept(instance: string, count?: number): readonly KeptLine[];
  /** Everything that has kept lines: instances, hooks (`hook:NAME`), the supervisor itself (`pm`). */
  sources(): readonly { readonly process: string; readonly instance: string }[];
  /** Lines, bytes and drops of an instance so far. */
  counters(instance: string): LogCounters;
  /** Called with each line from now on, until the returned function is called or the plugin goes. Lines are objects only while somebody follows. */
  follow(listener: (process: string, instance: string, line: KeptLine) => void): () => void;
}

type FeedPorts = Pick<ScopePorts, 'owner' | 'hooks' | 'connections' | 'addDisposer'>;

export function createEventFeed({ owner, hooks, connections, addDisposer }: FeedPorts): EventFeed {
  const untilDisposed = createSubscriptions(addDisposer);
  return Object.freeze({
    get seq() {
      return connections.events.seq;
    },
    since: (seq: number) => connections.events.since(seq),
    subscribe(listener: (event: PmEvent) => void) {
      const guarded = guardListener(listener, { owner, hooks, step: 'events' });
      return untilDisposed(runAsCore(() => connections.events.subscribe(guarded)));
    },
  });
}

export function createLogFeed({ owner, hooks, connections, addDisposer }: FeedPorts): LogFeed {
  const untilDisposed = createSubscriptions(addDisposer);
  return Object.freeze({
    kept: (instance: string, count?: number) => runAsCore(() => connections.logs.kept(instance, count)),
    sources: () => runAsCore(() => connections.logs.sources()),
    counters: (instance: string) => runAsCore(() => connections.logs.counters(instance)),
    follow(listener: (process: string, instance: string, line: KeptLine) => void) {
      const guarded = guardListener(listener, { owner, hooks, step: 'logs' });
      return untilDisposed(runAsCore(() => connections.logs.onKept(guarded)));
    },
  });
}

interface Guard {
  readonly owner: TapOwner;
  readonly hooks: HookRegistry;
  /** For messages. */
  readonly step: string;
}

/** A callback of a plugin that core calls: what it throws is blamed on the plugin, and one that is gone or muted hears nothing. */
export function guardListener<Args extends readonly unknown[]>(
  listener: (...args: Args) => void,
  { owner, hooks, step }: Guard,
): (...args: Args) => void {
  return (...args) => {
    if (owner.disposed || owner.muted) return;
    try {
      runAsPlugin(owner.plugin, () => listener(...args));
    } catch (cause) {
      hooks.blame(owner, step, cause);
    }
  };
}

/** Ends what is still subscribed when the plugin goes. One that subscribes and stops for ever leaves nothing behind. */
function createSubscriptions(addDisposer: FeedPorts['addDisposer']): (stop: () => void) => () => void {
  const stops = new Set<() => void>();
  addDisposer(() => stops.forEach((stop) => stop()));
  return (stop) => {
    stops.add(stop);
    return () => {
      stops.delete(stop);
      stop();
    };
  };
}
