import type { HookName } from '../hooks/hooks.ts';
import type { HostState } from './host.ts';
import type { PluginRequest } from './resolve.ts';
import type { SetUp, Timings } from './set-up.ts';

/** One plugin in force, as `pm plugins` shows it. */
export interface PluginInfo {
  readonly name: string;
  /** As written under `plugins`. */
  readonly key: string;
  readonly reason: PluginRequest['reason'];
  /** The file, or `bundled`. */
  readonly from: string;
  readonly requires: readonly string[];
  readonly after: readonly string[];
  /** Failed too often: its taps on isolated hooks are skipped. */
  readonly muted: boolean;
  /** Failures within the last minute in which it failed. */
  readonly failures: number;
  readonly taps: readonly { readonly hook: HookName; readonly stage: number; readonly critical: boolean }[];
  readonly provides: readonly string[];
  /** Plugins whose offers it uses. */
  readonly uses: readonly string[];
  /** Keys of the configuration it owns: `processes.*.heartbeat`. */
  readonly keys: readonly string[];
  /** Milliseconds of each step of its boot. */
  readonly timings: Readonly<Timings>;
}

const placePaths = { root: '', global: 'global.', process: 'processes.*.', logging: 'processes.*.logging.' } as const;

export function describePlugin(
  { name, request, definition, from, owner, timings }: SetUp,
  { hooks, board }: HostState,
): PluginInfo {
  const { requires = [], after = [], sections = {} } = definition;
  const taps = hooks.taps().filter(({ plugin }) => plugin === name);
  return {
    name,
    key: request.key,
    reason: request.reason,
    from,
    requires,
    after,
    muted: owner.muted,
    failures: owner.failures.length,
    taps: taps.map(({ hook, stage, critical }) => ({ hook, stage, critical })),
    provides: board.providedBy(owner),
    uses: [...board.usedBy(owner)],
    keys: Object.entries(placePaths).flatMap(([place, path]) =>
      Object.keys(sections[place as keyof typeof placePaths] ?? {}).map((key) => path + key),
    ),
    timings: { ...timings },
  };
}
