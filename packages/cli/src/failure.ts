import { ConfigError, PmError } from '@pm-supervisor/core';
import type { ErrorCode } from '@pm-supervisor/core';
import { isDebugging, type CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { showDiagnostics } from './diagnostics.ts';
import { createPaint, type Paint } from './paint.ts';
import { UsageError } from './usage-error.ts';

/** Tells a failure on stderr (what, where, what to do; never a stack trace) and returns the exit code it stands for. */
export function reportFailure(error: unknown, context: CliContext): number {
  const paint = createPaint(context, context.stderr);
  context.stderr.write(toText(error, context, paint));
  if (isDebugging(context)) context.stderr.write(`${toTrace(error)}\n`);
  return toExitCode(error);
}

/** The exit code of line 26 of the behaviour contract that an error stands for. */
export function toExitCode(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  return error instanceof PmError ? exitCodeOf(error.code) : exitCodes.internal;
}

function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'PM_CONFIG_INVALID':
    case 'PM_CONFIG_NOT_FOUND':
    case 'PM_CONFIG_UNREADABLE':
    case 'PM_PLAN_INVALID':
    case 'PM_PLUGIN_NOT_FOUND':
    case 'PM_PLUGIN_INVALID':
      return exitCodes.config;
    case 'PM_ALREADY_RUNNING':
      return exitCodes.alreadyRunning;
    case 'PM_BUG':
      return exitCodes.internal;
    default:
      return exitCodes.failed;
  }
}

function toText(error: unknown, context: CliContext, paint: Paint): string {
  if (error instanceof ConfigError && error.diagnostics.length > 0) {
    return `${showDiagnostics(error.diagnostics, paint)}${line(paint, error.message, error.hint)}`;
  }
  if (error instanceof PmError && error.code !== 'PM_BUG') return line(paint, error.message, error.hint);
  if (error instanceof UsageError) return line(paint, error.message, error.hint);
  const hint = isDebugging(context) ? undefined : 'This is a defect of pm. PM_DEBUG=1 shows where it happened.';
  return line(paint, `internal error: ${toMessage(error)}`, hint);
}

function line(paint: Paint, message: string, hint: string | undefined): string {
  return `${paint(['bold', 'red'], 'pm:')} ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`;
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function toTrace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const trace = error.stack ?? error.message;
  return error.cause === undefined ? trace : `${trace}\ncaused by ${toTrace(error.cause)}`;
}
