import type { Draft } from '../../config/draft.ts';
import { joinPath, parsePath } from '../../config/path.ts';
import { toProcess } from '../build/process.ts';
import type { Building, Inherited } from '../build/building.ts';
import type { Report } from '../build/report.ts';

/**
 * Checks templates that nothing has instantiated yet, as far as that is possible without a name: what is said about a
 * value that holds `%i` is left for the instance.
 */
export function checkTemplates(draft: Draft, scope: { building: Building; inherited: Inherited }): void {
  const used = new Set([...scope.building.declared.values()].map((declared) => declared.path));
  for (const [template, process] of Object.entries(draft.templates)) {
    const path = joinPath('templates', template);
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*@$/.test(template)) {
      scope.building.report.error(
        path,
        `${JSON.stringify(template)} is not the name of a template`,
        'A template is called NAME@, for example "openvpn@".',
      );
    }
    if (used.has(path)) continue;
    const report = ignoringPlaceholders(scope.building.report, draft);
    toProcess({ name: `${template}%i`, path, draft: process, source: 'file' }, scope.inherited, {
      ...scope.building,
      report,
    });
  }
}

function ignoringPlaceholders(report: Report, draft: Draft): Report {
  const isOpen = (path: string): boolean =>
    JSON.stringify(valueAt(draft, path) ?? path).includes('%i') || path.includes('%i');
  return {
    error: (path, message, hint) => isOpen(path) || report.error(path, message, hint),
    warning: (path, message, hint) => isOpen(path) || report.warning(path, message, hint),
    list: () => report.list(),
  };
}

/** The value at a written path of a draft; undefined where there is none. */
export function valueAt(root: unknown, path: string): unknown {
  let value: unknown = root;
  for (const segment of parsePath(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}
