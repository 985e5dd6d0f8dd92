import { limitDiagnostics } from './diagnostic.ts';
import type { Diagnostic, Position } from './diagnostic.ts';
import type { EntryPart } from './layer.ts';

/** One configuration file after parsing: plain data, and where each part of it stands. */
export interface Parsed {
  /** undefined when the text says nothing at all (empty, or only comments). */
  readonly value: unknown;
  /** Problems of the text itself; with an error the value is not to be used. */
  readonly diagnostics: readonly Diagnostic[];
  positionOf(path: string, part?: EntryPart): Position | undefined;
}

/** The result of a text that cannot be parsed. */
export function toUnparsed(diagnostics: readonly Diagnostic[]): Parsed {
  return { value: undefined, diagnostics: limitDiagnostics(diagnostics), positionOf: () => undefined };
}

/** An error of syntax at a place of a file. */
export function syntaxError(position: Position, message: string, hint?: string): Diagnostic {
  return { severity: 'error', path: '', message, position, ...(hint === undefined ? {} : { hint }) };
}
