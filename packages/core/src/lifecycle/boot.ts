import type { Ports } from '../instance/ports.ts';
import { startWithNeeds } from '../unit/needs.ts';
import type { Roster } from '../unit/roster.ts';
import type { Unit } from '../unit/unit.ts';
import { createWaveGate } from '../unit/wave-gate.ts';
import { skipUnwanted } from './conditions.ts';

export interface BootOptions {
  readonly roster: Roster;
  /** Processes to bring up. */
  readonly names: readonly string[];
  readonly ports: Ports;
  readonly signal: AbortSignal;
  /** Everything is on its way: from now on the plan may change. */
  readonly onStarted: () => void;
}

/**
 * Brings up `names` and waits until each of them is ready, completed, skipped or failed.
 * Returns false when `signal` ended the wait; what was started stays as it is.
 */
export async function bootUnits({ roster, names, ports, signal, onStarted }: BootOptions): Promise<boolean> {
  const booting = names.map((name) => roster.get(name)).filter((unit): unit is Unit => unit !== undefined);
  await skipUnwanted(booting, ports, signal);
  if (signal.aborted) return false;
  const taking = booting.filter((unit) => !unit.standing.skipped);
  const waves = createWaveGate(roster.graph, new Set(taking.map((unit) => unit.name)));
  roster.setWaves(waves);
  for (const unit of taking) startWithNeeds(roster, unit);
  onStarted();
  const settled = await awaitSettled(roster, taking, signal);
  roster.setWaves(undefined);
  return settled;
}

/** Counts down instead of asking all units after each change: a thousand of them settle in linear time. */
async function awaitSettled(roster: Roster, units: readonly Unit[], signal: AbortSignal): Promise<boolean> {
  const pending = new Set(units.filter((unit) => !unit.isSettled));
  const unsubscribe = roster.subscribe((unit) => {
    if (unit.isSettled) pending.delete(unit);
  });
  try {
    return await roster.until(() => pending.size === 0, signal);
  } finally {
    unsubscribe();
  }
}
