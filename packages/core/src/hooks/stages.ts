/**
 * Where in a hook a tap runs, beyond the order of plugins: lower first. Within one stage taps run in plugin
 * order (`requires` and `after`), then in the order they were registered. Any number is allowed between these.
 */
export const stages = {
  /** Before everybody: what others build on (secrets, redaction). */
  first: -1000,
  early: -100,
  normal: 0,
  late: 100,
  /** After everybody: who wants to see the final value (audit, shipping). */
  last: 1000,
} as const;

/** A stage by name; see `stages`. */
export type StageName = keyof typeof stages;

/** The number of a stage given by name or number; throws TypeError where it is neither. */
export function toStage(stage: StageName | number | undefined): number {
  if (stage === undefined) return stages.normal;
  const value = typeof stage === 'number' ? stage : stages[stage];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TypeError(
    `stage must be a finite number or one of ${Object.keys(stages).join(', ')}; got ${String(stage)}`,
  );
}
