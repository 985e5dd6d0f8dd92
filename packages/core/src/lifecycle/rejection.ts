import { toDiagnosticLines } from '../config/diagnostic.ts';
import { ConfigError, PmError } from '../errors.ts';
import type { EventPayloads } from '../event/event.ts';

/** Why a plan was refused, as its event says it: in words, with every problem and its place. */
export function toRejection(error: unknown): EventPayloads['plan.rejected'] {
  if (!(error instanceof PmError)) return { message: error instanceof Error ? error.message : String(error) };
  const message = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  return error instanceof ConfigError ? { message, problems: toDiagnosticLines(error.diagnostics) } : { message };
}
