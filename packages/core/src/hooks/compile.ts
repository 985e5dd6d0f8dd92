import {
  AsyncParallelHook,
  AsyncSeriesHook,
  AsyncSeriesWaterfallHook,
  SyncBailHook,
  SyncHook,
  SyncWaterfallHook,
} from 'tapable';
import { type GuardedHook, guardAwaited, guardSync, type TapRecord } from './guard.ts';
import type { HookKind } from './table.ts';

/** A tapable hook with guarded taps. `call` is for the kinds nobody waits for, `promise` for the others. */
export interface CompiledHook {
  call(...args: unknown[]): unknown;
  promise(...args: unknown[]): Promise<unknown>;
}

/** Makes a hook of taps. */
export type CompileHook = (hook: GuardedHook, records: readonly TapRecord[]) => CompiledHook;

/** What we use of every class of tapable, which types each of them by its own arguments. */
interface TapableHook extends CompiledHook {
  tap(options: TapableOptions, tap: (...args: unknown[]) => unknown): void;
  tapPromise(options: TapableOptions, tap: (...args: unknown[]) => Promise<unknown>): void;
}

interface TapableOptions {
  readonly name: string;
  readonly stage: number;
  readonly before: string[];
}

const kinds = {
  SyncHook,
  SyncBailHook,
  SyncWaterfallHook,
  AsyncParallelHook,
  AsyncSeriesHook,
  AsyncSeriesWaterfallHook,
} as unknown as Readonly<Record<HookKind, new (args: readonly string[], name: string) => TapableHook>>;

/** Registers taps with a new tapable hook, in the order given; stages and `before` are tapable's to apply. */
export const compileHook: CompileHook = (hook, records) => {
  const { name, info } = hook;
  const awaited = info.limitMs !== undefined;
  const compiled = new kinds[info.kind](awaited ? [...info.args, 'call'] : info.args, name);
  const present = new Set<string>();
  for (const record of records) {
    const { plugin } = record.owner;
    // tapable moves a tap to the very front when it does not meet a name; those that come later are met anyway.
    const options = { name: plugin, stage: record.stage, before: record.before.filter((other) => present.has(other)) };
    if (awaited) compiled.tapPromise(options, guardAwaited(record, hook));
    else compiled.tap(options, guardSync(record, hook));
    present.add(plugin);
  }
  return compiled;
};
