import type { Diagnostic, Severity } from '../../config/diagnostic.ts';
import type { Origin } from '../context.ts';

/** Collects problems, so that all are told at once. */
export interface Report {
  error(path: string, message: string, hint?: string): void;
  warning(path: string, message: string, hint?: string): void;
  /** By file, line and column. */
  list(): readonly Diagnostic[];
}

/** An empty report whose diagnostics get their position from `origin`. */
export function createReport(origin: Pick<Origin, 'positionOf'>): Report {
  const found: Diagnostic[] = [];
  const add = (severity: Severity, path: string, message: string, hint: string | undefined): void => {
    const position = origin.positionOf(path);
    found.push({
      severity,
      path,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(position === undefined ? {} : { position }),
    });
  };
  return {
    error: (path, message, hint) => add('error', path, message, hint),
    warning: (path, message, hint) => add('warning', path, message, hint),
    list: () => sortDiagnostics(found),
  };
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
