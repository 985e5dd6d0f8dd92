import { formatDiagnostics, type Diagnostic, type DiagnosticPart } from '@pm-supervisor/core';
import type { CliContext } from './context.ts';
import { createPaint, type Paint } from './paint.ts';

const formats: Readonly<Partial<Record<DiagnosticPart, Parameters<Paint>[0]>>> = {
  place: 'cyan',
  error: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  path: 'bold',
  frame: 'dim',
};

/** Every diagnostic with its place, frame and hint, and a line that counts them. */
export function showDiagnostics(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const text = formatDiagnostics(diagnostics, (part, piece) => {
    const format = formats[part];
    return format === undefined ? piece : paint(format, piece);
  });
  return `${text}\n\n${countDiagnostics(diagnostics)}\n`;
}

/** `2 errors, 1 warning`. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  return [
    ...(errors === 0 ? [] : [plural(errors, 'error')]),
    ...(warnings === 0 ? [] : [plural(warnings, 'warning')]),
  ].join(', ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Warnings of a configuration that works all the same. */
export function writeWarnings(warnings: readonly Diagnostic[], context: CliContext): void {
  if (warnings.length > 0) context.stderr.write(showDiagnostics(warnings, createPaint(context, context.stderr)));
}
