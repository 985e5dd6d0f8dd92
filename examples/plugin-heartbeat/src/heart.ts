import type { InstanceView, PluginScope, Timer } from '@pm-supervisor/core';
import { type Beat, expandFor, toNext } from './beat.ts';
import type { Ping } from './ping.ts';
import type { HeartbeatSpec } from './section.ts';

/** Beats for one instance until it is stopped. */
export interface Heart {
  readonly spec: HeartbeatSpec;
  readonly beat: Beat;
  stop(): void;
}

export interface HeartPorts {
  readonly pm: Pick<PluginScope, 'clock' | 'emit' | 'logger'>;
  readonly ping: Ping;
  readonly defaultMs: number;
}

/** The first beat is now. The next is due an interval after the last began, but never while that is under way. */
export function startHeart(spec: HeartbeatSpec, view: InstanceView, { pm, ping, defaultMs }: HeartPorts): Heart {
  const target = expandFor(spec, view);
  const intervalMs = spec.intervalMs ?? defaultMs;
  const stopped = new AbortController();
  let beat: Beat = { missed: 0 };
  let timer: Timer | undefined;
  void pulse();

  return {
    spec,
    get beat() {
      return beat;
    },
    stop() {
      stopped.abort();
      timer?.cancel();
    },
  };

  async function pulse(): Promise<void> {
    const due = pm.clock.monotonic() + intervalMs;
    const failure = await attempt();
    if (stopped.signal.aborted) return;
    tell(failure);
    timer = pm.clock.after(Math.max(0, due - pm.clock.monotonic()), () => void pulse());
  }

  /** A beat that takes as long as the interval is a missed one. */
  async function attempt(): Promise<Error | undefined> {
    const limit = new AbortController();
    const limitTimer = pm.clock.after(intervalMs, () =>
      limit.abort(new Error(`no answer within ${intervalMs / 1000} s`)),
    );
    const signal = AbortSignal.any([limit.signal, stopped.signal]);
    try {
      // A disk that does not answer heeds no signal.
      await Promise.race([ping(target, signal), toRejection(signal)]);
      return undefined;
    } catch (error) {
      const reason: unknown = limit.signal.aborted ? limit.signal.reason : error;
      return reason instanceof Error ? reason : new Error(String(reason));
    } finally {
      limitTimer.cancel();
    }
  }

  /** Only changes are news: a switch that is down all night is one line in the log. */
  function tell(failure: Error | undefined): void {
    const { process, id: instance } = view;
    const { missed } = beat;
    const { next, news } = toNext(beat, failure === undefined ? pm.clock.now() : undefined);
    beat = next;
    if (news === 'missed') {
      pm.logger.warn(`the heartbeat of ${instance} did not arrive: ${failure?.message}`);
      pm.emit('heartbeat.missed', { process, instance, message: failure?.message ?? '' });
    }
    if (news === 'recovered') pm.emit('heartbeat.recovered', { process, instance, missed });
  }
}

function toRejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}
