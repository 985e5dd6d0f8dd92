import type { Diff } from '@pm-supervisor/client';
import type { Paint } from '../paint.ts';

/** What a change of the plan did, or would do, a line each. Pure. */
export function formatDiff(
  diff: Diff | undefined,
  { dryRun, paint }: { readonly dryRun: boolean; readonly paint: Paint },
): string[] {
  if (diff === undefined) return ['nothing changes'];
  const { plugins } = diff;
  const lines = [
    ...diff.added.map((name) => paint('green', `+ ${name}`)),
    ...diff.removed.map((name) => paint('red', `- ${name}`)),
    ...diff.changed.map(({ name, keys, restart }) =>
      paint('yellow', `~ ${name}: ${keys.join(', ')}${restart ? ' (restarts)' : ''}`),
    ),
    ...diff.global_keys.map((key) => paint('yellow', `~ global.${key}`)),
    ...plugins.added.map((name) => paint('green', `+ plugin ${name}`)),
    ...plugins.removed.map((name) => paint('red', `- plugin ${name}`)),
    ...plugins.changed.map((name) => paint('yellow', `~ plugin ${name}`)),
  ];
  const rest = diff.unchanged.length === 0 ? '' : `, ${diff.unchanged.length} unchanged`;
  if (lines.length === 0) return [`nothing ${dryRun ? 'would change' : 'changed'}${rest}`];
  return [...lines, `${lines.length} ${dryRun ? 'would change' : 'changed'}${rest}`];
}
