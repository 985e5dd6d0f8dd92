import type { Diagnostic, Severity } from '../../config/diagnostic.ts';
import type { Origin } from '../context.ts';

/** What the reader can do. A function is asked only when the problem is listed: looking for likely names takes time. */
export type Hint = string | (() => string);

/** Collects problems, so that all are told at once. */
export interface Report {
  error(path: string, message: string, hint?: Hint): void;
  warning(path: string, message: string, hint?: Hint): void;
  /** By file, line and column. */
  list(): readonly Diagnostic[];
}

/** More errors or warnings than this are counted, not listed: nobody reads them, and a hostile file has a million. */
const mostListed = 200;

/** An empty report whose diagnostics get their position from `origin`. */
export function createReport(origin: Pick<Origin, 'positionOf'>): Report {
  const found: Record<Severity, Diagnostic[]> = { error: [], warning: [] };
  const unlisted: Record<Severity, number> = { error: 0, warning: 0 };
  const add = (severity: Severity, path: string, message: string, hint: Hint | undefined): void => {
    if (found[severity].length < mostListed) found[severity].push(toDiagnostic());
    else unlisted[severity] += 1;

    function toDiagnostic(): Diagnostic {
      const position = origin.positionOf(path);
      const text = typeof hint === 'function' ? hint() : hint;
      return {
        severity,
        path,
        message,
        ...(text === undefined ? {} : { hint: text }),
        ...(position === undefined ? {} : { position }),
      };
    }
  };
  return {
    error: (path, message, hint) => add('error', path, message, hint),
    warning: (path, message, hint) => add('warning', path, message, hint),
    list: () => [...sortDiagnostics([...found.error, ...found.warning]), ...toRest(unlisted)],
  };
}

function toRest(unlisted: Readonly<Record<Severity, number>>): readonly Diagnostic[] {
  return (['error', 'warning'] as const).flatMap((severity) => {
    const count = unlisted[severity];
    return count === 0 ? [] : [{ severity, path: '', message: `and ${count} more ${severity}s` }];
  });
}

/** By file, line and column. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(byPosition);
}

/** Problems without a position go last. The sort is stable: equal places stay in the order they were found. */
function byPosition(a: Diagnostic, b: Diagnostic): number {
  if (a.position === undefined || b.position === undefined)
    return Number(a.position === undefined) - Number(b.position === undefined);
  if (a.position.file !== b.position.file) return a.position.file < b.position.file ? -1 : 1;
  return a.position.line - b.position.line || a.position.column - b.position.column;
}
