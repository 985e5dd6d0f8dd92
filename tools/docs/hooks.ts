import { hookTable, type HookInfo } from '../../packages/core/src/hooks/table.ts';
import { toGeneratedNote, toPage, toTable } from './markdown.ts';

/** Every hook, grouped by whose life it follows. */
export function renderHooks(): string {
  const groups = Map.groupBy(Object.entries(hookTable), ([name]) => name.split('.')[0] ?? name);
  return toPage(
    '# Hooks',
    toGeneratedNote('packages/core/src/hooks/table.ts'),
    'A plugin taps hooks with `pm.hooks.GROUP.NAME.tap(…)`. **Strict**: a tap that fails aborts that operation.\n' +
      '**Isolate**: it is reported through `plugin.failed` and skipped. Core waits for a tap only where a limit stands.',
    ...[...groups].map(([group, hooks]) => renderGroup(group, hooks)),
  );
}

function renderGroup(group: string, hooks: readonly (readonly [string, HookInfo])[]): string {
  const header = ['hook', 'arguments', 'policy', 'limit', 'kind', 'what for'];
  return `## ${group}\n\n${toTable(header, hooks.map(toRow))}`;
}

function toRow([name, hook]: readonly [string, HookInfo]): string[] {
  const limit = hook.limitMs === undefined ? '' : `${hook.limitMs / 1000} s`;
  const args = hook.args.map((arg) => `\`${arg}\``).join(', ');
  return [`\`${name}\``, args, hook.policy, limit, hook.kind, hook.description];
}
